/* fake_readpst: stands in for readpst in tests: does what the lines of the file tell it to, and so shows what a readpst that was taken
 * over by the file it reads could do. Called as readpst is: the file is the last argument, the folder the one behind -o.
 *
 *   mkdir WAY      chdir WAY     file WAY TEXT (\n for a line's end)    boundary WAY (a message with drawn boundaries)
 *   say TEXT       exit N        crash        spin        sleep         fill WAY MEBIBYTES    files COUNT   eat MEBIBYTES
 *   pad WAY COUNT TEXT (so many x before the text)
 *   link WAY TO    hard WAY TO   fifo WAY     try WHAT (says "could WHAT" when it could)
 *   deep COUNT     down COUNT (the same, with short names and nothing in them)      flood MEBIBYTES
 *   names COUNT (files whose ways are 3 KiB)     mode OCTAL WAY (a folder) */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void put(const char *way, const char *text) {
    FILE *const f = fopen(way, "w");

    if (!f) {
        printf("cannot open %s: %s\n", way, strerror(errno));
        return;
    }
    for (; *text; text++) {
        if (text[0] == '\\' && text[1] == 'n') {
            fputc('\n', f);
            text++;
        } else {
            fputc(*text, f);
        }
    }
    fclose(f);
}

/* As readpst does: the number is another in every run. */
static void boundary(const char *way) {
    FILE *const f = fopen(way, "w");
    unsigned random = 0;
    int const fd = open("/dev/urandom", O_RDONLY);
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    random = (unsigned)t.tv_nsec * 2654435761u ^ (unsigned)t.tv_sec;
    if (fd >= 0)
        printf("could read /dev/urandom\n");
    if (!f)
        exit(9);
    for (unsigned i = 0; i < 3; i++, random = random * 1103515245u + 12345u) {
        unsigned const n = ((random >> (i == 1 ? 12 : 1)) & 0x7fffffff) | 1024; /* none that stands in the text */

        fprintf(f,
                "From \"MAILER-DAEMON\" Tue Mar  2 07:12:0%u 2021\nFrom: ann@example.org\nTo: bob@example.net\n"
                "Subject: marked-by-test %u\nMessage-ID: <%u@example.org>\n"
                "Content-Type: multipart/mixed;\n\tboundary=\"--boundary-LibPST-iamunique-%u_-_-\"\n\n"
                "----boundary-LibPST-iamunique-%u_-_-\nContent-Type: multipart/alternative;\n"
                "\tboundary=\"alt---boundary-LibPST-iamunique-%u_-_-\"\n\n"
                "--alt---boundary-LibPST-iamunique-%u_-_-\nContent-Type: text/plain\n\n"
                "Hello. boundary-LibPST-iamunique-nothing, boundary-LibPST-iamunique-77_-_- is text.\n"
                "----boundary-LibPST-iamunique-1_-_---\nstill text\n"
                "--alt---boundary-LibPST-iamunique-%u_-_---\n\n"
                "----boundary-LibPST-iamunique-%u_-_-\nContent-Type: application/octet-stream\n"
                "Content-Disposition: attachment; filename=\"a%u.bin\"\n\nbytes\n"
                "----boundary-LibPST-iamunique-%u_-_---\n\n",
                i, i, i, n, n, n, n, n, n, i, n);
    }
    fclose(f);
}

static int try(const char *what) {
    if (strcmp(what, "read") == 0)
        return open("/etc/passwd", O_RDONLY) >= 0;
    if (strcmp(what, "list") == 0)
        return open("/etc", O_RDONLY | O_DIRECTORY) >= 0;
    if (strcmp(what, "write") == 0)
        return open("/tmp/longwatch-fake", O_WRONLY | O_CREAT, 0600) >= 0;
    if (strcmp(what, "above") == 0)
        return open("../longwatch-fake", O_WRONLY | O_CREAT, 0600) >= 0 || mkdir("../longwatch-fake-folder", 0700) == 0;
    if (strcmp(what, "change") == 0)
        return open("/proc/self/fd/3", O_WRONLY) >= 0 || write(3, "x", 1) == 1;
    if (strcmp(what, "run") == 0)
        return execl("/bin/true", "true", (char *)NULL) == 0;
    if (strcmp(what, "connect") == 0)
        return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
    if (strcmp(what, "fork") == 0)
        return fork() >= 0;
    if (strcmp(what, "trace") == 0)
        return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
    if (strcmp(what, "signal") == 0)
        return kill(getppid(), 0) == 0;
    if (strcmp(what, "mode") == 0)
        return chmod(".", 0777) == 0;
    if (strcmp(what, "inherit") == 0)
        return fcntl(6, F_GETFD) >= 0 || fcntl(7, F_GETFD) >= 0 || fcntl(16, F_GETFD) >= 0; /* 5: the file */
    if (strcmp(what, "environment") == 0)
        return getenv("HOME") != NULL || getenv("LONGWATCH_READPST") != NULL;
    return 1; /* no such thing to try: the test is wrong */
}

static void obey(char *line) {
    char *const word = line, *rest = strchr(line, ' '), *more;

    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    more = strchr(rest, ' ');
    if (strcmp(word, "say") == 0)
        printf("%s\n", rest);
    else if (strcmp(word, "exit") == 0)
        exit(atoi(rest));
    else if (strcmp(word, "crash") == 0)
        raise(SIGSEGV);
    else if (strcmp(word, "spin") == 0)
        for (volatile int i = 0;; i = !i)
            continue;
    else if (strcmp(word, "sleep") == 0)
        for (;;)
            sleep(1000);
    else if (strcmp(word, "mkdir") == 0)
        printf(mkdir(rest, 0777) == 0 ? "" : "cannot make %s\n", rest);
    else if (strcmp(word, "chdir") == 0)
        printf(chdir(rest) == 0 ? "" : "cannot enter %s\n", rest);
    else if (strcmp(word, "boundary") == 0)
        boundary(rest);
    else if (strcmp(word, "fifo") == 0)
        printf(mknod(rest, S_IFIFO | 0600, 0) == 0 ? "could make a pipe\n" : "");
    else if (strcmp(word, "try") == 0)
        printf(try(rest) ? "could %s\n" : "", rest);
    else if (strcmp(word, "eat") == 0)
        for (int i = 0; i < atoi(rest); i++) {
            char *const p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

            if (p == MAP_FAILED) {
                printf("no more memory\n");
                return;
            }
            memset(p, 1, 1 << 20);
        }
    else if (strcmp(word, "files") == 0)
        for (int i = 0; i < atoi(rest); i++) {
            char name[32];

            snprintf(name, sizeof name, "f%d", i);
            put(name, "x");
        }
    else if (strcmp(word, "deep") == 0)
        for (int i = 0; i < atoi(rest); i++) {
            if (mkdir("a-folder-with-a-name-that-makes-paths-long-soon", 0777) != 0 ||
                chdir("a-folder-with-a-name-that-makes-paths-long-soon") != 0)
                break;
            put("mbox", "x");
        }
    else if (strcmp(word, "down") == 0)
        for (int i = 0; i < atoi(rest); i++)
            printf(mkdir("d", 0777) == 0 && chdir("d") == 0 ? "" : "cannot go down\n");
    else if (strcmp(word, "names") == 0) {
        char name[241];

        memset(name, 'n', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        for (int i = 0; i < 12; i++)
            printf(mkdir(name, 0777) == 0 && chdir(name) == 0 ? "" : "cannot go down\n");
        for (int i = 0; i < atoi(rest); i++) {
            snprintf(name, sizeof name, "%0200d", i);
            put(name, "x");
        }
    } else if (strcmp(word, "flood") == 0)
        for (int i = 0; i < atoi(rest) << 10; i++)
            printf("%01023d\n", i);
    else if (more) {
        *more++ = '\0';
        if (strcmp(word, "file") == 0)
            put(rest, more);
        else if (strcmp(word, "mode") == 0) {
            umask(0);
            printf(mkdir(more, (mode_t)strtoul(rest, NULL, 8)) == 0 ? "" : "cannot make %s\n", more);
        } else if (strcmp(word, "pad") == 0) {
            FILE *const f = fopen(rest, "w");

            for (int i = 0; i < atoi(more); i++)
                fputc('x', f);
            fputs(strchr(more, ' ') + 1, f);
            fclose(f);
        } else if (strcmp(word, "link") == 0)
            printf(symlink(more, rest) == 0 ? "could make a link\n" : "");
        else if (strcmp(word, "hard") == 0)
            printf(link(more, rest) == 0 ? "could make a hard link\n" : "");
        else if (strcmp(word, "fill") == 0) {
            int const fd = open(rest, O_WRONLY | O_CREAT | O_APPEND, 0666);
            static char zeros[1 << 20];

            memset(zeros, 'x', sizeof zeros);
            for (int i = 0; i < atoi(more); i++)
                if (write(fd, zeros, sizeof zeros) < 0)
                    break;
            close(fd);
        }
    }
    fflush(stdout);
}

int main(int count, char **arguments) {
    static char line[1 << 16];
    FILE *f;

    if (count != 10 || strcmp(arguments[7], "-o") != 0 || chdir(arguments[8]) != 0 || !(f = fopen(arguments[9], "r"))) {
        printf("not called as it should be\n");
        return 1;
    }
    printf("Opening PST file and indexes...\n");
    fflush(stdout);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "!BDN", 4) != 0)
            obey(line);
    }
    return 0;
}
