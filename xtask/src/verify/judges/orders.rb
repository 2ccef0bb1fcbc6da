# Reads pairs of versions; writes how the first compares with the second in RubyGems' order.
STDIN.each_line(chomp: true) do |line|
  left, right = line.split("\t")
  order = Gem::Version.correct?(left) && Gem::Version.correct?(right)
  puts order ? "=><"[Gem::Version.new(left) <=> Gem::Version.new(right)] : "error"
end
