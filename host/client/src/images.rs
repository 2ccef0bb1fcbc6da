use std::fs::File;
use std::time::Duration;

use crate::api::{
    Ages, Difference, Explanation, Image, ImageLayers, Images, Inventory, Job, Owners, Plan, Repairs, Report,
    Repositories, Repository, SubmissionWanted, Tags, Trend, Verdict,
};
use crate::{Client, Error, encoded};

/// The code by which a service says that it knows no image of a name.
const NO_IMAGE: &str = "no-such-image";

/// Layers on one page, at most.
const LAYERS: usize = 1_000;

/// What is submitted.
#[derive(Debug)]
pub enum Submit<'a> {
    /// An archive (`docker save`, OCI), or a bill of materials.
    Archive(File),
    /// What is elsewhere: an image of a registry, or a manifest with the addresses of its layers.
    Elsewhere(&'a SubmissionWanted),
}

impl Client {
    /// Submits images, and waits for so long until they are indexed: the state of the job says how far it came.
    ///
    /// # Errors
    /// What is submitted cannot be read, or the service does not take it.
    pub fn submit(&self, what: Submit<'_>, wait: Duration) -> Result<Job, Error> {
        match what {
            Submit::Archive(file) => self.upload("/v1/images", file, wait),
            Submit::Elsewhere(wanted) => self.post_waiting("/v1/images", wanted, wait),
        }
    }

    /// A page of images by digest, from the one after `after` on; of a repository, with a tag or without, where
    /// one is named.
    ///
    /// # Errors
    /// The service refuses.
    pub fn images(&self, name: Option<&str>, after: Option<&str>, limit: usize) -> Result<Images, Error> {
        let name = name.map(|name| format!("&name={}", encoded(name))).unwrap_or_default();
        self.get(&format!("/v1/images?limit={limit}{name}{}", page(after)))
    }

    /// One image, by its digest, the beginning of that, a name, or the digest of a manifest.
    ///
    /// # Errors
    /// There is none.
    pub fn image(&self, image: &str) -> Result<Image, Error> {
        self.get(&format!("/v1/images/{}", encoded(image)))
    }

    /// The same; none where there is none.
    ///
    /// # Errors
    /// The service cannot say.
    pub fn find_image(&self, image: &str) -> Result<Option<Image>, Error> {
        match self.image(image) {
            Ok(image) => Ok(Some(image)),
            Err(error) if error.is(NO_IMAGE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes an image, and the layers that no other image uses.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_image(&self, image: &str) -> Result<(), Error> {
        self.remove(&format!("/v1/images/{}", encoded(image)))
    }

    /// Which vulnerabilities affect an image.
    ///
    /// # Errors
    /// There is no such image.
    pub fn report(&self, image: &str) -> Result<Report, Error> {
        self.of_image(image, "report")
    }

    /// The same as of a time, or of a revision of a feed (`feed@revision`).
    ///
    /// # Errors
    /// There is no such image, or nothing is kept of that time.
    pub fn report_as_of(&self, image: &str, as_of: &str) -> Result<Report, Error> {
        self.of_image(image, &format!("report?as-of={}", encoded(as_of)))
    }

    /// The same in the form of another tool, such as `sarif`.
    ///
    /// # Errors
    /// There is no such image, or no such form.
    pub fn report_as(&self, image: &str, form: &str) -> Result<Vec<u8>, Error> {
        self.text(&format!("/v1/images/{}/report?format={}", encoded(image), encoded(form)))
    }

    /// The packages of an image, and what of it was not examined.
    ///
    /// # Errors
    /// There is no such image.
    pub fn packages(&self, image: &str) -> Result<Inventory, Error> {
        self.of_image(image, "packages")
    }

    /// What each layer of an image did, whatever the number of its layers.
    ///
    /// # Errors
    /// There is no such image.
    pub fn layers(&self, image: &str) -> Result<ImageLayers, Error> {
        let mut all: ImageLayers = self.of_image(image, &format!("layers?limit={LAYERS}"))?;
        while let Some(after) = all.next.take() {
            // What the name led to may have changed.
            let path = format!("layers?limit={LAYERS}{}", page(Some(&after)));
            let next: ImageLayers = self.of_image(&all.image.digest, &path)?;
            all.layers.extend(next.layers);
            // A service that leads nowhere further is not followed in a circle.
            all.next = next.next.filter(|next| *next != after);
        }
        Ok(all)
    }

    /// Which packages of an image to update, to what, and how.
    ///
    /// # Errors
    /// There is no such image.
    pub fn plan(&self, image: &str) -> Result<Plan, Error> {
        self.of_image(image, "plan")
    }

    /// In which packages and findings `after` differs from `before`.
    ///
    /// # Errors
    /// There is no such image.
    pub fn difference(&self, before: &str, after: &str) -> Result<Difference, Error> {
        self.of_image(before, &format!("diff/{}", encoded(after)))
    }

    /// Why a vulnerability affects an image, why it does not, or why that is unknown.
    ///
    /// # Errors
    /// There is no such image, or what is asked for is no identifier.
    pub fn explain(&self, image: &str, vulnerability: &str) -> Result<Explanation, Error> {
        self.of_image(image, &format!("explain?vulnerability={}", encoded(vulnerability)))
    }

    /// Whether an image passes the policies that are in force, and these bars.
    ///
    /// # Errors
    /// There is no such image, or no such bar.
    pub fn verdict(&self, image: &str, fail_on: &[&str]) -> Result<Verdict, Error> {
        let bars: Vec<_> = fail_on.iter().map(|bar| format!("fail-on={}", encoded(bar))).collect();
        self.of_image(image, &format!("verdict?{}", bars.join("&")))
    }

    /// A page of repositories of which images are known, by name.
    ///
    /// # Errors
    /// The service refuses.
    pub fn repositories(&self, after: Option<&str>, limit: usize) -> Result<Repositories, Error> {
        self.get(&format!("/v1/repositories?limit={limit}{}", page(after)))
    }

    /// The same in an order, as `exploited`, `worst` or `findings`.
    ///
    /// # Errors
    /// The service refuses, or knows no such order.
    pub fn repositories_by(
        &self,
        order: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Repositories, Error> {
        let order = encoded(order);
        self.get(&format!("/v1/repositories?sort={order}&limit={limit}{}", page(after)))
    }

    /// One repository.
    ///
    /// # Errors
    /// No image is known by a name of it.
    pub fn repository(&self, name: &str) -> Result<Repository, Error> {
        self.get(&format!("/v1/repositories/{}", encoded(name)))
    }

    /// A page of its tags, by name.
    ///
    /// # Errors
    /// No image is known by a name of it.
    pub fn tags(&self, repository: &str, after: Option<&str>, limit: usize) -> Result<Tags, Error> {
        self.get(&format!("/v1/repositories/{}/tags?limit={limit}{}", encoded(repository), page(after)))
    }

    /// How its counts were day by day: so many days until today, as far as history holds.
    ///
    /// # Errors
    /// No image is known by a name of it, or there are too many.
    pub fn repository_trend(&self, repository: &str, days: usize) -> Result<Trend, Error> {
        self.get(&format!("/v1/repositories/{}/trend?days={days}", encoded(repository)))
    }

    /// How long findings of its tags lasted that ended in so many days until now.
    ///
    /// # Errors
    /// No image is known by a name of it, or there are too many.
    pub fn repairs(&self, repository: &str, days: usize) -> Result<Repairs, Error> {
        self.get(&format!("/v1/repositories/{}/repairs?days={days}", encoded(repository)))
    }

    /// The same of all repositories of an owner, as the settings name them.
    ///
    /// # Errors
    /// The service does not answer, or refuses it.
    pub fn owner_repairs(&self, owner: &str, days: usize) -> Result<Repairs, Error> {
        self.get(&format!("/v1/owners/{}/repairs?days={days}", encoded(owner)))
    }

    /// Who answers for repositories.
    ///
    /// # Errors
    /// The service does not answer, or refuses it.
    pub fn owners(&self) -> Result<Owners, Error> {
        self.get("/v1/owners")
    }

    /// How old the findings of an image are. With a tag, it is the history of this tag that counts.
    ///
    /// # Errors
    /// There is no such image.
    pub fn ages(&self, image: &str) -> Result<Ages, Error> {
        self.of_image(image, "ages")
    }

    fn of_image<T: serde::de::DeserializeOwned>(&self, image: &str, what: &str) -> Result<T, Error> {
        self.get(&format!("/v1/images/{}/{what}", encoded(image)))
    }
}

/// Where a page begins.
pub(crate) fn page(after: Option<&str>) -> String {
    after.map(|after| format!("&after={}", encoded(after))).unwrap_or_default()
}
