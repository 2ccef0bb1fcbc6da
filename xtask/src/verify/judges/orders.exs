# Reads pairs of versions; writes how the first compares with the second in Elixir's order.
for line <- IO.stream(:stdio, :line) do
  with [{:ok, left}, {:ok, right}] <-
         line |> String.trim_trailing("\n") |> String.split("\t") |> Enum.map(&Version.parse/1) do
    IO.puts(%{lt: "<", eq: "=", gt: ">"}[Version.compare(left, right)])
  else
    _ -> IO.puts("error")
  end
end
