#!/bin/sh
# ComparableVersion of Maven 4.0.0-rc-5 orders three versions in a circle, of which one is a real form (Red Hat rebuilds
# releases as X.Final-redhat-N): each is earlier than the next, and the last is earlier than the first. A list that is
# sorted with it, such as that of the versions in a range, depends on the order that it had before. Maven 3.9.11, with the
# same specification, has no such circle here: the rebuild is later than the release, and the release than Alpha1.
#
# Seen with maven-artifact 4.0.0-rc-5 and 3.9.11 and Java 17 on 2026-11-29:
SEEN='4.0.0-rc-5: 1.0.0.Final-redhat-1 < 1.0.0.Alpha1 < 1.0.0 < 1.0.0.Final-redhat-1
3.9.11: 1.0.0.Final-redhat-1 > 1.0.0.Alpha1 < 1.0.0 < 1.0.0.Final-redhat-1'
#
# Needs mvn and java. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
order() {
    mvn -q -B dependency:copy "-Dartifact=org.apache.maven:maven-artifact:$1" "-DoutputDirectory=$folder" >log 2>&1 ||
        { cat log >&2; exit 1; }
    # 3.9.11 takes a class of commons-lang3 along.
    mvn -q -B dependency:copy -Dartifact=org.apache.commons:commons-lang3:3.14.0 "-DoutputDirectory=$folder" >log 2>&1 ||
        { cat log >&2; exit 1; }
    java -cp "maven-artifact-$1.jar:commons-lang3-3.14.0.jar" \
        org.apache.maven.artifact.versioning.ComparableVersion \
        1.0.0.Final-redhat-1 1.0.0.Alpha1 1.0.0 1.0.0.Final-redhat-1 |
        awk -v "version=$1" '/^ / { line = line (line ? " " $2 " " $3 : $1 " " $2 " " $3) } END { print version ": " line }'
}
seen=$(order 4.0.0-rc-5; order 3.9.11)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
