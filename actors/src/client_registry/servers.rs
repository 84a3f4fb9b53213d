//! What is done with the servers of clients: their documents and keys are read where what is known of them is not enough. Each
//! of these waits for others, and holds nobody up.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use super::actor::{ClientDocuments, Resolved};
use super::assertion_rules::{Claimed, ClaimedKeys, no_keys, unknown_key};
use super::document_rules::Known;
use super::documents::{DocumentRefusal, DocumentSource};
use super::key_sets::{KeyAddress, KeySetReader, KeySetSource};
use super::messages::{
    AuthenticateByAssertion, AuthenticateByAssertionReply, ResolveClient, ResolveClientError,
    ResolveClientReply,
};
use super::reading_bounds::ReadingBounds;
use super::rules::ClientRules;
use crate::blocking::BlockingPool;
use crate::domain::client::{Client, ClientOrigin, MetadataDocumentUrl};
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::error::CallError;
use crate::jose::JwkSet;

/// Reads what clients publish. Clones share the bounds. On one thread.
#[derive(Clone)]
pub struct ClientServers {
    documents: Option<ClientDocuments>,
    keys: KeySetReader,
}

impl ClientServers {
    /// Reads from these sources; documents only if there is a source of them.
    pub fn new(
        documents: Option<Box<dyn DocumentSource>>,
        keys: Box<dyn KeySetSource>,
        randomness: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        let bounds = Rc::new(ReadingBounds::new(randomness)?);
        Ok(Self {
            documents: documents.map(|source| ClientDocuments::new(source, Rc::clone(&bounds))),
            keys: KeySetReader::new(keys, bounds),
        })
    }

    /// Callers that wait for a document now.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.documents.as_ref().map_or(0, ClientDocuments::waiting)
    }
}

/// The rules of the registry, where its store may be waited for, and the servers of clients.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) rules: ClientRules,
    pub(super) store: BlockingPool,
    pub(super) servers: ClientServers,
}

impl Reading {
    /// The client of an authorization request, after reading its document if that is due.
    pub(super) async fn resolve(self, request: ResolveClient) -> Result<ResolveClientReply, CallError> {
        let network = request.network;
        let known = {
            let rules = self.rules.clone();
            self.store.run(move || rules.known(&request)).await?
        };
        let (url, before) = match known {
            Known::Answer(answer) => return Ok(answer),
            Known::Unread { url, before } => (url, before),
        };
        match (self.read_document(url, network).await?, before) {
            (Err(ResolveClientError::Document(refusal)), Some(client)) if refusal.is_temporary() => {
                log::warn!(
                    "the document of the client {} cannot be read, so what it said before counts: {refusal}",
                    client.id
                );
                Ok(Ok(*client))
            }
            (resolved, _) => Ok(resolved),
        }
    }

    async fn read_document(
        &self,
        url: MetadataDocumentUrl,
        network: IpAddr,
    ) -> Result<ResolveClientReply, CallError> {
        let Some(documents) = &self.servers.documents else {
            return Ok(Err(DocumentRefusal::SwitchedOff.into()));
        };
        let now = self.rules.clock.now();
        let (rules, store) = (self.rules.clone(), self.store.clone());
        let keep =
            |url, document| async move { Resolved(store.run(move || rules.keep(&url, document)).await) };
        documents.read(url, network, now, keep).await.0
    }

    /// The client that made an assertion, after reading its keys if that is due.
    pub(super) async fn authenticate(
        self,
        request: AuthenticateByAssertion,
    ) -> Result<AuthenticateByAssertionReply, CallError> {
        let request = Arc::new(request);
        let claimed = {
            let (rules, request) = (self.rules.clone(), Arc::clone(&request));
            self.store.run(move || rules.claimed(&request)).await?
        };
        let Claimed { client, keys } = match claimed {
            Ok(claimed) => claimed,
            Err(refused) => return Ok(Err(refused)),
        };
        match keys {
            ClaimedKeys::Known(keys) => match self.prove(&client, keys, &request).await? {
                Some(answer) => Ok(answer),
                None => self.authenticate_by_newer_document(client, &request).await,
            },
            ClaimedKeys::Published(address) => {
                self.authenticate_by_published_keys(client, &address, &request)
                    .await
            }
        }
    }

    async fn authenticate_by_published_keys(
        &self,
        client: Client,
        address: &KeyAddress,
        request: &Arc<AuthenticateByAssertion>,
    ) -> Result<AuthenticateByAssertionReply, CallError> {
        let (network, now) = (request.network, self.rules.clock.now());
        let keys = match self.servers.keys.keys(address, network, now).await {
            Ok(keys) => keys,
            Err(reason) => return Ok(Err(no_keys(client.id, reason))),
        };
        if let Some(answer) = self.prove(&client, keys, request).await? {
            return Ok(answer);
        }
        let keys = match self.servers.keys.newer_keys(address, network, now).await {
            Ok(keys) => keys,
            Err(reason) => return Ok(Err(no_keys(client.id, reason))),
        };
        Ok(match self.prove(&client, keys, request).await? {
            Some(answer) => answer,
            None => Err(unknown_key(client.id)),
        })
    }

    /// A client whose document has its keys in it gets new ones by changing the document.
    async fn authenticate_by_newer_document(
        &self,
        client: Client,
        request: &Arc<AuthenticateByAssertion>,
    ) -> Result<AuthenticateByAssertionReply, CallError> {
        let refused = Ok(Err(unknown_key(client.id.clone())));
        let is_due = match client.origin {
            ClientOrigin::MetadataDocument(age) => age.may_be_doubted(self.rules.clock.now()),
            ClientOrigin::Configured | ClientOrigin::Registered => false,
        };
        let url = self.rules.admitted(&client.id);
        let (true, Ok(url)) = (is_due, url) else {
            return refused;
        };
        let Ok(newer) = self.read_document(url, request.network).await? else {
            return refused;
        };
        match self.rules.keys_of(&newer) {
            Ok(ClaimedKeys::Known(keys)) => match self.prove(&newer, keys, request).await? {
                Some(answer) => Ok(answer),
                None => refused,
            },
            Ok(ClaimedKeys::Published(_)) | Err(_) => refused,
        }
    }

    async fn prove(
        &self,
        client: &Client,
        keys: Arc<JwkSet>,
        request: &Arc<AuthenticateByAssertion>,
    ) -> Result<Option<AuthenticateByAssertionReply>, CallError> {
        let (rules, client, request) = (self.rules.clone(), client.clone(), Arc::clone(request));
        self.store.run(move || rules.prove(client, &keys, &request)).await
    }
}
