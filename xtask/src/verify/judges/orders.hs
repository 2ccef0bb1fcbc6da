-- Reads pairs of versions; writes how the first compares with the second in Cabal's order.
import Distribution.Text (simpleParse)
import Distribution.Version (Version)

main :: IO ()
main = interact (unlines . map answer . lines)

answer :: String -> String
answer line = case (simpleParse left, simpleParse (drop 1 right)) of
  (Just l, Just r) -> case compare (l :: Version) r of
    LT -> "<"
    EQ -> "="
    GT -> ">"
  _ -> "error"
  where
    (left, right) = break (== '\t') line
