require_relative "lib/a/version"

Gem::Specification.new do |spec|
  spec.name = "a"
  spec.version = A::VERSION
end
