use proptest::collection::vec;
use proptest::prelude::*;

use super::parse;

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..400), start in "[{<]?|id: |- ") {
        for (source, name) in [("npm", "a.json"), ("npm", "a.yaml"), ("changes", "a"), ("ecosystems", "a")] {
            let _ = parse(source, [(name, [start.clone().into_bytes(), bytes.clone()].concat())]);
        }
    }
}
