# Reads pairs of versions; writes how the first compares with the second in the order of Perl's `version`.
use strict;
use warnings;
use version;

while (my $line = <STDIN>) {
    chomp $line;
    my ($left, $right) = map { eval { version->parse($_) } } split /\t/, $line;
    print defined $left && defined $right ? ("=", ">", "<")[$left <=> $right] : "error", "\n";
}
