/* Reads pairs of versions; writes how the first compares with the second in libalpm's order. A version without a release
 * is equal to all of its releases there, of which each other is less or greater: a circle. */
#include <stdio.h>
#include <string.h>

/* From alpm.h, which includes what Debian's package does not bring. */
int alpm_pkg_vercmp(const char *left, const char *right);

int main(void) {
    char line[65536];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char *right = strchr(line, '\t');
        if (!right) return 1;
        *right++ = 0;
        int order = alpm_pkg_vercmp(line, right);
        int is_circle = !order && !strchr(line, '-') != !strchr(right, '-');
        puts(is_circle ? "circle" : order < 0 ? "<" : order > 0 ? ">" : "=");
    }
    return ferror(stdin);
}
