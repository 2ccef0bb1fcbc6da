# -*- encoding: utf-8 -*-
# stub: nokogiri 1.15.4 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "nokogiri".freeze
  s.version = "1.15.4"
  s.platform = "x86_64-linux".freeze

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.require_paths = ["lib".freeze]
  s.authors = ["Somebody".freeze]
  s.licenses = ["MIT".freeze]
  s.summary = "Reads HTML".freeze

  s.installed_by_version = "3.4.10" if s.respond_to? :installed_by_version

  s.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4"])
end
