use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::error::Failure;

/// Where use cases run, so that none blocks the async runtime: a known number at a time.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Semaphore>);

impl Pool {
    pub(crate) fn new(workers: usize) -> Self {
        Self(Arc::new(Semaphore::new(workers.max(1))))
    }

    /// Runs `work` when its turn comes.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let turn = Arc::clone(&self.0).acquire_owned().await.map_err(|_| Failure::internal("stopped"))?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| Failure::internal(error.to_string()))?.map_err(Into::into)
    }
}
