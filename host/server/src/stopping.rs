use tokio::sync::watch;

/// Says when the service ends: answers that would go on for as long as something happens end then.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(pub(crate) watch::Receiver<bool>);

impl Stopping {
    /// Waits until the service ends.
    pub(crate) async fn begun(&mut self) {
        // Where nobody can say so any more, it has ended.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
