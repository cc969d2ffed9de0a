/* dossier_graph: the entities of an incident as a picture: the intruder's own on the left, accounts in the middle, what they came to on the
 * right. The same incident gives the same picture: columns are by sort, places in a column by those of their neighbours (the barycentre
 * method of Sugiyama, Tagawa and Toda, 1981, a few rounds), and what is equal stays in the order of the case. */
#include <inttypes.h>
#include <stdlib.h>

#include "report/dossier_own.h"

#define NODES_MAX 26u
#define OWN_MAX 11u
#define EDGES_MAX 80u
#define LABELS_MAX 18u /* more would lie on each other; those beyond are told by the table */
#define ROUNDS 6u
#define GRAPH_COLUMNS 3u
#define WIDTH 1080
#define NODE_WIDTH 250
#define NODE_HEIGHT 44
#define ROW 62

struct node {
    uint32_t entity; /* index */
    unsigned column;
    double order, y; /* order: among its column; y: its middle */
};

struct edge {
    size_t from, to; /* nodes */
    uint32_t link;   /* the first of those that are drawn as one */
    uint64_t events;
};

struct graph {
    struct dossier *d;
    const struct incident *n;
    struct node nodes[NODES_MAX];
    size_t node_count;
    struct edge edges[EDGES_MAX];
    size_t edge_count;
    unsigned used[GRAPH_COLUMNS]; /* nodes of a column */
    unsigned column_count;
    int height;
};

static unsigned column_of(const struct incident_entity *v) {
    if (v->role == ENTITY_OWN)
        return 0;
    return v->type == PART_ACCOUNT || v->type == PART_CLIENT || v->type == PART_SESSION ? 1 : 2;
}

static size_t node_of(const struct graph *g, uint32_t entity) {
    size_t i = 0;

    while (i < g->node_count && g->nodes[i].entity != entity)
        i++;
    return i;
}

static void choose(struct graph *g) {
    size_t own = 0;

    for (uint32_t i = 0; i < g->n->entity_count && g->node_count < NODES_MAX; i++) {
        unsigned const column = column_of(&g->n->entities[i]);

        if (column == 0 && own++ >= OWN_MAX)
            continue;
        g->nodes[g->node_count++] = (struct node){.entity = i, .column = column};
    }
    for (uint32_t i = 0; i < g->n->link_count && g->edge_count < EDGES_MAX; i++) {
        const struct incident_link *const l = &g->n->links[i];
        size_t const from = node_of(g, l->from), to = node_of(g, l->to);
        size_t k = 0;

        if (from == g->node_count || to == g->node_count || from == to)
            continue;
        while (k < g->edge_count && (g->edges[k].from != from || g->edges[k].to != to))
            k++;
        if (k == g->edge_count)
            g->edges[g->edge_count++] = (struct edge){from, to, i, 0};
        g->edges[k].events += l->events;
    }
    /* No empty column in between. */
    bool any[GRAPH_COLUMNS] = {false};
    unsigned place[GRAPH_COLUMNS];

    for (size_t i = 0; i < g->node_count; i++)
        any[g->nodes[i].column] = true;
    for (unsigned c = 0; c < GRAPH_COLUMNS; c++) {
        place[c] = g->column_count;
        g->column_count += any[c];
    }
    for (size_t i = 0; i < g->node_count; i++) {
        g->nodes[i].column = place[g->nodes[i].column];
        g->nodes[i].order = g->used[g->nodes[i].column]++;
    }
}

/* Where a node would like to be: the mean of its neighbours' places; where it is, when it has none. */
static double wish(const struct graph *g, size_t node) {
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < g->edge_count; i++) {
        size_t const other = g->edges[i].from == node ? g->edges[i].to
                             : g->edges[i].to == node ? g->edges[i].from
                                                      : node;

        if (other == node || g->nodes[other].column == g->nodes[node].column)
            continue;
        sum += g->nodes[other].y;
        count++;
    }
    return count ? sum / (double)count : g->nodes[node].y;
}

static void places(struct graph *g) {
    for (size_t i = 0; i < g->node_count; i++) {
        struct node *const v = &g->nodes[i];

        v->y = (v->order + 0.5) * ROW + (g->height - (double)g->used[v->column] * ROW) / 2;
    }
}

static void arrange(struct graph *g) {
    double wishes[NODES_MAX], order[NODES_MAX];
    unsigned most = 0;

    for (unsigned c = 0; c < GRAPH_COLUMNS; c++)
        most = g->used[c] > most ? g->used[c] : most;
    g->height = (int)most * ROW;
    places(g);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned c = 0; c < g->column_count; c++) {
            unsigned const column = round % 2 ? g->column_count - 1 - c : c;

            for (size_t i = 0; i < g->node_count; i++)
                wishes[i] = wish(g, i);
            for (size_t i = 0; i < g->node_count; i++) {
                order[i] = g->nodes[i].order;
                if (g->nodes[i].column != column)
                    continue;
                order[i] = 0;
                for (size_t k = 0; k < g->node_count; k++)
                    if (g->nodes[k].column == column && k != i &&
                        (wishes[k] < wishes[i] || (wishes[k] == wishes[i] && g->nodes[k].order < g->nodes[i].order)))
                        order[i]++;
            }
            for (size_t i = 0; i < g->node_count; i++)
                g->nodes[i].order = order[i];
            places(g);
        }
    }
}

static double left_of(const struct graph *g, const struct node *v) {
    return g->column_count < 2 ? (WIDTH - NODE_WIDTH) / 2.0
                               : v->column * (double)(WIDTH - NODE_WIDTH) / (g->column_count - 1);
}

static void edge_draw(const struct graph *g, const struct edge *v) {
    const struct node *const from = &g->nodes[v->from], *const to = &g->nodes[v->to];
    const struct incident_link *const l = &g->n->links[v->link];
    bool const forward = from->column < to->column, same = from->column == to->column;
    double const x1 = left_of(g, from) + (forward || same ? NODE_WIDTH : 0);
    double const x2 = left_of(g, to) + (forward ? 0 : NODE_WIDTH);
    /* Within a column it goes round the right side, or in the last column the left. */
    bool const round_left = same && from->column + 1 == g->column_count && g->column_count > 1;
    double const a = round_left ? left_of(g, from) : x1, b = round_left ? left_of(g, to) : x2;
    double const bend = same ? (round_left ? -70 : 70) : (b - a) / 2;
    double const c1 = a + bend, c2 = same ? b + bend : b - bend;

    dossier_format(
        g->d,
        "<path class=\"edge%s\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\" marker-end=\"url(#arrow)\"><title>",
        g->n->entities[from->entity].role == ENTITY_OWN ? " own" : "", a, from->y, c1, from->y, c2, to->y, b, to->y);
    dossier_plain(g->d, g->n->entities[from->entity].name, 60);
    dossier_put(g->d, " ");
    dossier_plain(g->d, l->what, 60);
    dossier_put(g->d, " ");
    dossier_plain(g->d, g->n->entities[to->entity].name, 60);
    dossier_put(g->d, ": ");
    dossier_some(g->d, v->events, "act", "acts");
    dossier_put(g->d, "</title></path>\n");
}

/* How many curves begin or end there. */
static size_t degree(const struct graph *g, size_t node) {
    size_t n = 0;

    for (size_t i = 0; i < g->edge_count; i++)
        n += g->edges[i].from == node || g->edges[i].to == node;
    return n;
}

/* At the end where fewer curves meet; of a curve that goes by a column before it. */
static void edge_label(const struct graph *g, const struct edge *v) {
    const struct node *const from = &g->nodes[v->from], *const to = &g->nodes[v->to];
    bool const forward = from->column < to->column;
    bool const wide = from->column + 1 < to->column || to->column + 1 < from->column;
    double const x1 = left_of(g, from) + (forward ? NODE_WIDTH : 0), x2 = left_of(g, to) + (forward ? 0 : NODE_WIDTH);
    double const part = wide ? 0.12 : 0.27;
    double const at = degree(g, v->from) > degree(g, v->to) ? 1 - part : part;

    if (from->column == to->column)
        return;
    /* The curve's place there: x and y of a cubic whose two middle points lie at half of x. */
    double const u = 1 - at, bx = 3 * u * u * at * 0.5 + 3 * u * at * at * 0.5 + at * at * at;
    double const by = 3 * u * at * at + at * at * at;

    dossier_format(g->d, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x1 + (x2 - x1) * bx,
                   from->y + (to->y - from->y) * by + 4);
    dossier_plain(g->d, g->n->links[v->link].what, 24);
    dossier_put(g->d, " ×");
    dossier_number(g->d, v->events);
    dossier_put(g->d, "</text>\n");
}

/* A name as far as it fits: cut in the middle, because both ends tell. */
static void name(struct dossier *d, str s) {
    enum { FIRST = 18, LAST = 11 };
    size_t from;

    if (s.len <= FIRST + LAST + 1) {
        dossier_plain(d, s, s.len);
        return;
    }
    size_t first = FIRST;

    while (first && ((unsigned char)s.ptr[first] & 0xc0) == 0x80)
        first--;
    for (from = s.len - LAST; from < s.len && ((unsigned char)s.ptr[from] & 0xc0) == 0x80;)
        from++;
    dossier_plain(d, str_first(s, first), first);
    dossier_put(d, "…");
    dossier_plain(d, str_from(s, from), LAST);
}

static void node_draw(const struct graph *g, const struct node *v) {
    const struct incident_entity *const entity = &g->n->entities[v->entity];
    struct dossier *const d = g->d;
    bool const told = v->entity < DOSSIER_ENTITIES;

    if (told)
        dossier_format(d, "<a href=\"#i%u-n%u\">", g->n->number, v->entity + 1);
    dossier_format(d,
                   "<svg x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\"><rect class=\"node%s%s\" x=\"1\" y=\"1\" "
                   "width=\"%d\" height=\"%d\" rx=\"6\"/>",
                   left_of(g, v), v->y - NODE_HEIGHT / 2.0, NODE_WIDTH, NODE_HEIGHT,
                   entity->role == ENTITY_OWN ? " own" : "", entity->shared ? " shared" : "", NODE_WIDTH - 2,
                   NODE_HEIGHT - 2);
    dossier_put(d, "<text class=\"type\" x=\"10\" y=\"17\">");
    dossier_plain(d, incident_part_name(entity->type), 20);
    dossier_put(d, entity->shared ? ", shared" : "");
    dossier_put(d, "</text><text class=\"name\" x=\"10\" y=\"34\">");
    name(d, entity->name);
    dossier_put(d, "</text><title>");
    dossier_plain(d, entity->name, DOSSIER_SHORT);
    dossier_put(d, told ? "</title></svg></a>\n" : "</title></svg>\n");
}

void dossier_graph(struct dossier *d, const struct incident *n) {
    struct graph g = {.d = d, .n = n};

    choose(&g);
    if (!g.node_count) {
        dossier_put(d, "<p>No entity of this incident is known.</p>\n");
        return;
    }
    arrange(&g);
    dossier_format(d,
                   "<div class=\"graph\" tabindex=\"0\" role=\"group\" aria-label=\"Who and what of incident %u\">\n"
                   "<svg viewBox=\"0 0 %d %d\">\n",
                   n->number, WIDTH, g.height);
    for (size_t i = 0; i < g.edge_count; i++)
        edge_draw(&g, &g.edges[i]);
    for (size_t i = 0; i < g.edge_count && i < LABELS_MAX; i++)
        edge_label(&g, &g.edges[i]);
    for (size_t i = 0; i < g.node_count; i++)
        node_draw(&g, &g.nodes[i]);
    dossier_put(d, "</svg>\n</div>\n");
    dossier_more(d, g.node_count, n->entity_count, "the incident’s own list below");
}
