use crate::api::{Policies, PolicyDocument, VexDocuments, VexRepository, VexRepositoryWanted};
use crate::{Client, Error, encoded};

const TOML: &str = "application/toml";
const JSON: &str = "application/json";

impl Client {
    /// The policies that are in force.
    ///
    /// # Errors
    /// The service refuses.
    pub fn policies(&self) -> Result<Policies, Error> {
        self.get("/v1/policies")
    }

    /// One of them, with its text.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn policy(&self, name: &str) -> Result<PolicyDocument, Error> {
        self.get(&policy(name))
    }

    /// Puts a policy in TOML in force.
    ///
    /// # Errors
    /// It makes no sense.
    pub fn put_policy(&self, name: &str, toml: &[u8]) -> Result<PolicyDocument, Error> {
        self.put_bytes(&policy(name), TOML, toml)
    }

    /// Puts a policy in JSON in force.
    ///
    /// # Errors
    /// It makes no sense.
    pub fn put_json_policy(&self, name: &str, json: &[u8]) -> Result<PolicyDocument, Error> {
        self.put_bytes(&policy(name), JSON, json)
    }

    /// Takes a policy out of force; reports on the past still know it.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_policy(&self, name: &str) -> Result<(), Error> {
        self.remove(&policy(name))
    }

    /// The VEX documents that are in force, and the repositories.
    ///
    /// # Errors
    /// The service refuses.
    pub fn vex_documents(&self) -> Result<VexDocuments, Error> {
        self.get("/v1/vex")
    }

    /// One of the documents, with its text.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn vex_document(&self, name: &str) -> Result<PolicyDocument, Error> {
        self.get(&vex(name))
    }

    /// Puts a VEX document in force: OpenVEX, CSAF or CycloneDX, in JSON.
    ///
    /// # Errors
    /// It makes no sense.
    pub fn put_vex_document(&self, name: &str, json: &[u8]) -> Result<PolicyDocument, Error> {
        self.put_bytes(&vex(name), JSON, json)
    }

    /// Takes a VEX document out of force; reports on the past still know it.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_vex_document(&self, name: &str) -> Result<(), Error> {
        self.remove(&vex(name))
    }

    /// A repository of VEX documents, and how its updates go.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn vex_repository(&self, name: &str) -> Result<VexRepository, Error> {
        self.get(&repository(name))
    }

    /// Adds a repository of VEX documents, or gives the one of that name another address. It is fetched at once.
    ///
    /// # Errors
    /// Its name or its address makes no sense.
    pub fn put_vex_repository(&self, name: &str, url: &str) -> Result<VexRepository, Error> {
        self.put(&repository(name), &VexRepositoryWanted { url: url.to_owned() })
    }

    /// Removes a repository with its documents.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_vex_repository(&self, name: &str) -> Result<(), Error> {
        self.remove(&repository(name))
    }

    /// Has a repository fetched as soon as possible.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn update_vex_repository(&self, name: &str) -> Result<(), Error> {
        self.ask(&format!("{}/update", repository(name)))
    }
}

fn policy(name: &str) -> String {
    format!("/v1/policies/{}", encoded(name))
}

fn vex(name: &str) -> String {
    format!("/v1/vex/{}", encoded(name))
}

fn repository(name: &str) -> String {
    format!("/v1/vex-repositories/{}", encoded(name))
}
