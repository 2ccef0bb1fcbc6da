use futures_util::stream;

use super::*;

const PATIENT: Pace = Pace { idle: Duration::from_secs(3_600), least_rate: 0, whole: Duration::MAX };
const LIMITS: Limits = Limits { bytes: 6, setting: Some("http.test"), pace: PATIENT };

fn vec() -> Result<Vec<u8>, Failure> {
    Ok(Vec::new())
}

fn body<const N: usize>(pieces: [Result<&'static str, &'static str>; N]) -> Body {
    let pieces = pieces.into_iter();
    Body::from_stream(stream::iter(pieces.map(|piece| piece.map(Bytes::from).map_err(std::io::Error::other))))
}

async fn refusal(body: Body, limits: Limits) -> (u16, String, String) {
    let failure = write(body, limits, vec).await.unwrap_err();
    (failure.status.as_u16(), failure.code.into_owned(), failure.message)
}

#[tokio::test]
async fn a_body_is_written_piece_by_piece_up_to_its_limit() {
    let written = write(body([Ok("abc"), Ok(""), Ok("def")]), LIMITS, vec).await.unwrap();
    assert_eq!(written, b"abcdef");
    assert_eq!(write(Body::empty(), LIMITS, vec).await.unwrap(), b"");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_with_the_limit_and_its_setting() {
    let (status, code, message) = refusal(body([Ok("abcdef"), Ok("g")]), LIMITS).await;
    assert_eq!((status, code.as_str()), (413, "over-limit"));
    assert_eq!(message, "the body is over 6 bytes, the limit of setting `http.test`");
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_refused() {
    let (status, code, message) = refusal(body([Ok("abc"), Err("gone")]), LIMITS).await;
    assert_eq!((status, code.as_str()), (400, "bad-request"));
    assert!(message.starts_with("the body was cut short: "), "{message}");
}

#[tokio::test]
async fn a_client_that_sends_nothing_more_is_not_waited_for() {
    let silent = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let (status, code, _) =
        refusal(silent, Limits { pace: Pace { idle: Duration::ZERO, ..PATIENT }, ..LIMITS }).await;
    assert_eq!((status, code.as_str()), (408, "too-slow"));
}

#[tokio::test]
async fn a_writer_that_fails_is_an_internal_error() {
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("no space"))
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let failure =
        write(body([Ok("abc"), Ok("def")]), LIMITS, || Ok::<_, Failure>(Full)).await.map(|_| ()).unwrap_err();
    assert_eq!((failure.status.as_u16(), &*failure.code), (500, "internal"));
}

#[tokio::test]
async fn a_client_that_sends_too_slowly_is_not_waited_for() {
    let pace = Pace { idle: Duration::from_millis(900), least_rate: 1_024, ..PATIENT };
    // A byte now and then is never silent for long.
    let drip = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
    });
    let limits = Limits { bytes: u64::MAX, pace, ..LIMITS };
    let (status, code, message) = refusal(Body::from_stream(drip), limits).await;
    assert_eq!((status, code.as_str()), (408, "too-slow"));
    assert!(message.contains("`http.least_rate`"), "{message}");
}

#[tokio::test]
async fn what_fails_before_anything_is_written_says_so() {
    let failed = || Err::<Vec<u8>, _>(Failure::busy("later"));
    let failure = write(body([Ok("abc")]), LIMITS, failed).await.unwrap_err();
    assert_eq!(failure.message, "later");
}

#[tokio::test]
async fn a_body_has_an_end_however_fast_it_comes() {
    let pace = Pace { whole: Duration::from_millis(50), ..PATIENT };
    let steady = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
    });
    let limits = Limits { bytes: u64::MAX, pace, ..LIMITS };
    let (status, code, message) = refusal(Body::from_stream(steady), limits).await;
    assert_eq!((status, code.as_str()), (408, "too-slow"));
    assert!(message.contains("`http.transfer_time`"), "{message}");
}

#[tokio::test]
async fn a_file_is_sent_as_it_is() {
    let mut sent = tempfile::tempfile().unwrap();
    let bytes: Vec<_> = (0..PIECE * 2 + 7).map(|number| number.to_le_bytes()[0]).collect();
    sent.write_all(&bytes).unwrap();
    let (length, body) = file(sent).unwrap();
    assert_eq!(length, bytes.len() as u64);
    assert!(body.collect().await.unwrap().to_bytes() == bytes);
}
