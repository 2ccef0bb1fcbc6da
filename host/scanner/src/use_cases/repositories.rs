//! What repositories have, and how that was day by day.

use limpid_bytes::Stop;
use limpid_model::{
    Ages, Digest, Page, Repairs, RepositoryOrder, RepositoryOwner, RepositoryPage, Summarized, Tag, Trend,
};
use limpid_store::key::Writer;

use crate::repositories::{self, TagsOf};
use crate::{Error, Scanner};

impl Scanner {
    /// Repositories of which images are known, in an order, of an owner where one is asked for, from the one after the
    /// place `after` on, `limit` at most. There are none of an owner whom the settings do not name.
    ///
    /// # Errors
    /// [`Error::BadPlace`] where `after` is no place in that order.
    pub fn repositories(
        &self,
        (order, owner): (RepositoryOrder, Option<&str>),
        after: Option<&str>,
        limit: usize,
    ) -> Result<RepositoryPage, Error> {
        self.reporting(|reporter| self.0.summaries.page(reporter, (order, owner), after, limit))
    }

    /// One repository.
    ///
    /// # Errors
    /// [`Error::NoRepository`] where no image is known by a name of it.
    pub fn repository(&self, name: &str) -> Result<Summarized, Error> {
        let repository = repositories::repository(self.store(), &self.settings().owners, name)?;
        let summarized = self.reporting(|reporter| self.0.summaries.of(reporter, [repository]))?;
        summarized.into_iter().next().ok_or_else(|| Error::NoRepository(name.to_owned()))
    }

    /// Counts what repositories have, where anybody has asked for it and something has changed since.
    pub(crate) fn count_repositories(&self, stop: &Stop) -> Result<(), Error> {
        self.reporting(|reporter| self.0.summaries.count_beside(reporter, stop))
    }

    /// How the counts of a repository were day by day: so many days until today, as far as history holds.
    ///
    /// # Errors
    /// [`Error::NoRepository`] where no image is known by a name of it, [`Error::TooManyImages`] where its tags pointed at
    /// more than `ages.images`, and where it is stopped, because nobody waits for it any more.
    pub fn repository_trend(&self, name: &str, days: usize, stop: &Stop) -> Result<Trend, Error> {
        let repository = repositories::existing(&self.store().view(), name)?;
        let (of, prefix) = ((self.store(), self.settings()), |key: &mut Writer| _ = key.text(&repository));
        repositories::trend(of, prefix, days, stop)
    }

    /// The same of all repositories.
    ///
    /// # Errors
    /// [`Error::TooManyImages`], and where it is stopped.
    pub fn trend(&self, days: usize, stop: &Stop) -> Result<Trend, Error> {
        repositories::trend((self.store(), self.settings()), |_| (), days, stop)
    }

    /// How long findings lasted in the images of the tags of a repository that ended in so many days until now.
    ///
    /// # Errors
    /// Those of [`Self::repository_trend`].
    pub fn repairs(&self, name: &str, days: u64, stop: &Stop) -> Result<Repairs, Error> {
        repositories::repairs((self.store(), self.settings()), name, days, stop)
    }

    /// The same of all repositories of an owner.
    ///
    /// # Errors
    /// [`Error::NoOwner`] where the settings name none so, [`Error::TooManyImages`] where the tags of these repositories
    /// pointed at more than `ages.images`, and where it is stopped.
    pub fn repairs_of_owner(&self, name: &str, days: u64, stop: &Stop) -> Result<Repairs, Error> {
        repositories::repairs_of_owner((self.store(), self.settings()), name, days, stop)
    }

    /// Who answers for repositories, by name.
    pub fn owners(&self) -> Vec<RepositoryOwner> {
        self.settings().owners.all()
    }

    /// How old the findings of an image are. `asked` is the name by which it is asked for: where that is one of its tags,
    /// only this tag counts.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image, [`Error::TooManyImages`].
    pub fn ages(&self, digest: &Digest, asked: &str) -> Result<Ages, Error> {
        self.reporting(|reporter| repositories::ages(reporter, digest, asked))
    }

    /// Tags of a repository by name, from the one after `after` on, `limit` at most: where each points, how many
    /// findings that has, and what has changed since it pointed elsewhere.
    ///
    /// # Errors
    /// [`Error::NoRepository`] where no image is known by a name of it.
    pub fn tags(
        &self,
        repository: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Tag, String>, Error> {
        self.reporting(|reporter| {
            TagsOf { reporter, tallies: &self.0.tallies }.tags(repository, after, limit)
        })
    }
}
