use std::io::{self, BufRead, BufReader, Read};

/// Longest line of an event that is read, in bytes.
const LINE: u64 = 1 << 20;

/// An event of a stream of them
/// ([format](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// What it is: `progress`, `job`.
    pub name: String,
    /// What it says, as JSON.
    pub data: String,
}

/// Events as they come.
#[derive(Debug)]
pub struct Events<R>(BufReader<R>);

impl<R: Read> Events<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self(BufReader::new(reader))
    }
}

impl<R: Read> Iterator for Events<R> {
    type Item = io::Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            match self.0.by_ref().take(LINE).read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                if event != Event::default() {
                    return Some(Ok(event));
                }
                continue;
            }
            // A comment has no name: a sign of life.
            match line.split_once(':').map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value))) {
                Some(("event", value)) => value.clone_into(&mut event.name),
                Some(("data", value)) => event.data.push_str(value),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_are_written() {
        let text = ":\n\nevent: progress\ndata: {\"a\":1}\n\n: sign of life\n\nevent:job\r\ndata:x\r\n\r\nevent: cut";
        let events: Vec<_> = Events::new(text.as_bytes()).map(Result::unwrap).collect();
        let event = |name: &str, data: &str| Event { name: name.to_owned(), data: data.to_owned() };
        assert_eq!(events, [event("progress", "{\"a\":1}"), event("job", "x")]);
    }
}
