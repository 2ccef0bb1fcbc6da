use limpid_plugin_sdk::Error;

/// Values that a document of TOML may hold which is read whole: each takes some hundred bytes while it is read, however
/// short it is, and a plugin has memory for these beside what it makes of them.
pub const MAX_VALUES: usize = 400_000;

/// Counts what may begin or separate values, those in texts as well, which have few.
///
/// # Errors
/// [`Error::Unsupported`] where there are more than [`MAX_VALUES`].
pub fn check_values(text: &str) -> Result<(), Error> {
    let count = text.bytes().filter(|byte| matches!(byte, b'=' | b',' | b'[' | b'{')).count();
    if count > MAX_VALUES {
        return Err(Error::unsupported(format_args!(
            "it holds about {count} values, over this plugin's limit of {MAX_VALUES}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_very_many_values_are_not_read() {
        let list = |values: usize| format!("a = [{}]", "1,".repeat(values));
        assert_eq!(check_values(&list(MAX_VALUES - 2)), Ok(()));
        let why = "it holds about 400001 values, over this plugin's limit of 400000";
        assert_eq!(check_values(&list(MAX_VALUES - 1)), Err(Error::unsupported(why)));
    }
}
