/* test_segment_sealed: all that test_segment says, of segments that are encrypted; and what holds of these alone (segment_sealed.h). */
#define SEALED
#include "test_segment.c"
