//! What of a page is run: its blocks of commands, and the comments that speak of them.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Something that is run, or is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// What was typed and what was printed, in turns.
    Console(Vec<Step>),
    /// Commands of which nothing is shown.
    Script { line: usize, text: String },
    /// A block of commands that is not run here.
    NotRun { line: usize, reason: String },
}

/// A command, and what is shown of what it prints.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) command: String,
    pub(super) shown: Vec<String>,
    /// Where that stands in the page, and what each line begins with there.
    pub(super) range: Range<usize>,
    pub(super) indent: String,
}

impl Block {
    pub(super) fn is_run(&self) -> bool {
        !matches!(self, Self::NotRun { .. })
    }
}

const RUN: &str = "<!-- run:";
const NOT_RUN: &str = "<!-- not run:";

/// How reasons begin that are for all blocks of a page.
const WHOLE_PAGE: &str = "the whole page";

/// The blocks of a page.
pub(super) fn of(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut reason = None;
    let mut comment: Option<(usize, String)> = None;
    // Each line of code is an event of its own, and knows where it stands.
    let mut code: Option<(String, Vec<(usize, String)>)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) => comment = Some((range.start, String::new())),
            Event::Html(html) => {
                if let Some((_, comment)) = &mut comment {
                    comment.push_str(&html);
                }
            }
            Event::End(TagEnd::HtmlBlock) => {
                let (start, comment) = comment.take().unwrap_or_default();
                let inside =
                    |mark: &str| Some(comment.trim().strip_prefix(mark)?.strip_suffix("-->")?.trim());
                if let Some(why) = inside(NOT_RUN).filter(|why| why.starts_with(WHOLE_PAGE)) {
                    return vec![Block::NotRun { line: line_of(text, start), reason: why.to_owned() }];
                } else if let Some(why) = inside(NOT_RUN) {
                    reason = Some(why.to_owned());
                } else if let Some(commands) = inside(RUN) {
                    blocks.push(Block::Script { line: line_of(text, start), text: commands.to_owned() });
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => INDENTED.to_owned(),
                };
                code = Some((language, Vec::new()));
            }
            Event::Text(part) => {
                if let Some((_, parts)) = &mut code {
                    parts.push((range.start, part.into_string()));
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                let (language, parts) = code.take().unwrap_or_default();
                let lines = lines(parts);
                if let Some(block) = block(text, &language, &lines) {
                    blocks.push(match reason.take() {
                        Some(reason) => Block::NotRun { line: line_of(text, lines[0].0), reason },
                        None => block,
                    });
                }
                assert_eq!(reason, None, "the block of line {} is no command", line_of(text, range.start));
            }
            _ => {}
        }
    }
    assert_eq!(reason, None, "no block follows");
    blocks
}

/// What blocks that are indented have in the place of a language.
const INDENTED: &str = " indented";

/// Joins parts of lines, as markup that is escaped makes them.
fn lines(parts: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (start, part) in parts {
        let mut start = start;
        for piece in part.split_inclusive('\n') {
            match lines.last_mut() {
                Some((_, last)) if !last.ends_with('\n') => last.push_str(piece),
                _ => lines.push((start, piece.to_owned())),
            }
            start += piece.len();
        }
    }
    for (_, line) in &mut lines {
        line.truncate(line.trim_end_matches('\n').len());
    }
    lines
}

/// What a block of code is, where it is of commands.
fn block(text: &str, language: &str, lines: &[(usize, String)]) -> Option<Block> {
    let (start, first) = lines.first()?;
    match language {
        "console" => {}
        INDENTED if first.starts_with("$ ") => {}
        // Documents begin with a mark, or with a name and a colon. What is printed is in blocks of language `text`.
        INDENTED if !first.starts_with(|letter: char| letter.is_ascii_alphabetic()) => return None,
        INDENTED if first.split(' ').next().is_some_and(|word| word.ends_with(':')) => return None,
        INDENTED | "sh" => {
            let commands = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
            return Some(Block::Script { line: line_of(text, *start), text: commands });
        }
        _ => return None,
    }
    Some(Block::Console(steps(text, lines)))
}

fn steps(text: &str, lines: &[(usize, String)]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (start, line) in lines {
        let begin = text[..*start].rfind('\n').map_or(0, |before| before + 1);
        let end = text[*start..].find('\n').map_or(text.len(), |length| start + length + 1);
        if let Some(command) = line.strip_prefix("$ ") {
            let (command, indent) = (command.to_owned(), text[begin..*start].to_owned());
            steps.push(Step {
                line: line_of(text, *start),
                command,
                shown: Vec::new(),
                range: end..end,
                indent,
            });
        } else {
            let step = steps.last_mut().unwrap_or_else(|| panic!("`{line}` comes before all commands"));
            match line.strip_prefix("> ").or((line == ">").then_some("")).or(goes_on.then_some(line)) {
                Some(more) if step.shown.is_empty() => {
                    step.command = format!("{}\n{more}", step.command);
                    step.range = end..end;
                }
                _ => {
                    step.shown.push(line.clone());
                    step.range.end = end;
                    continue;
                }
            }
        }
        goes_on = line.ends_with('\\');
    }
    steps
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

#[test]
fn blocks_are_told_by_their_language_and_comments() {
    let text = "\
<!-- run: limpid serve -->

1. First

   ```console
   $ echo a \\
       b
   a b

   $ cat <<END
   > c
   > END
   ```

<!-- not run: there is no cluster -->

    kubectl get pods

```yaml
a: 1
```

    [feeds]

```sh
true
```
";
    let blocks = of(text);
    let [Block::Script { line: 1, text: hidden }, Block::Console(steps), not_run, script] = blocks.as_slice()
    else {
        panic!("{blocks:#?}");
    };
    assert_eq!(hidden, "limpid serve");
    let typed: Vec<_> = steps.iter().map(|step| (step.line, step.command.as_str())).collect();
    assert_eq!(typed, [(6, "echo a \\\n    b"), (10, "cat <<END\nc\nEND")]);
    assert_eq!(steps[0].shown, ["a b", ""]);
    assert_eq!((&text[steps[0].range.clone()], steps[0].indent.as_str()), ("   a b\n\n", "   "));
    assert_eq!(*not_run, Block::NotRun { line: 17, reason: "there is no cluster".to_owned() });
    assert_eq!(*script, Block::Script { line: 26, text: "true\n".to_owned() });
}

#[test]
fn a_page_that_is_run_elsewhere_is_one_block_that_is_not_run() {
    let reason = "the whole page: it is run in a system of its own";
    let blocks = of(&format!(
        "# Start\n\n<!-- not run: {reason} -->\n\n    apt-get install limpid\n\n    limpid serve\n"
    ));
    assert_eq!(blocks, [Block::NotRun { line: 3, reason: reason.to_owned() }]);
}
