class C < Formula
  license any_of: ["MIT", "ISC"]
end
