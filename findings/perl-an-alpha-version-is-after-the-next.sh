#!/bin/sh
# Perl's own order of versions (version.pm, which CPAN's clients and `use Module VERSION` go by) leaves the underscore of
# an alpha release out and joins the digits around it: v1.2_3 is v1.23. So the third trial release on the way to v1.3 is
# after v1.3, and v1.2.3_4, on the way to v1.2.4, is v1.2.34, after v1.2.33. Whoever states "fixed in v1.3" has v1.2_3
# taken for fixed. The same underscore in a decimal version does what its author means: 1.02_03 is 1.0203, before 1.03.
# Also taken for versions are "v1." and ".", which equals 0, and "1.2.3_"; "1_2" is refused.
#
# Seen with Perl 5.36.0, version 0.9929 of Debian 12 on 2026-11-29:
SEEN='v1.2_3 is v1.23.0
v1.2_3 <=> v1.3: 1
v1.2.3_4 is v1.2.34
v1.2.3_4 <=> v1.2.4: 1
1.02_03 <=> 1.03: -1
v1. is v1.0.0
. is v0.0.0
1.2.3_ is v1.2.3
1_2 is refused'
#
# Needs perl. Ends with 0 where this is still so.
set -eu
seen=$(perl -Mversion -e '
  sub says { my $v = eval { version->parse($_[0]) }; print "$_[0] is ", defined $v ? $v->normal : "refused", "\n" }
  sub order { print "$_[0] <=> $_[1]: ", version->parse($_[0]) <=> version->parse($_[1]), "\n" }
  says("v1.2_3"); order("v1.2_3", "v1.3"); says("v1.2.3_4"); order("v1.2.3_4", "v1.2.4"); order("1.02_03", "1.03");
  says($_) for "v1.", ".", "1.2.3_", "1_2"')
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ] || { echo 'this is no longer so' >&2; exit 1; }
