//! How the registry treats clients whose identifier is the URL of a document: what it knows already, when the document is
//! read, and what becomes of it. Reading is not done here.

use super::documents::{DocumentRefusal, ReadDocument};
use super::messages::{ResolveClient, ResolveClientError, ResolveClientReply};
use super::rules::ClientRules;
use crate::domain::client::{
    AuthenticationMethod, Client, ClientId, ClientOrigin, DocumentAge, MetadataDocumentUrl, MetadataRules,
};
use crate::domain::clock::Timestamp;

/// What the registry can say without reading a document.
pub(super) enum Known {
    /// All of it.
    Answer(ResolveClientReply),
    /// The document must be read.
    Unread {
        /// Where it is.
        url: MetadataDocumentUrl,
        /// What it said before, if that still counts while it cannot be read.
        before: Option<Box<Client>>,
    },
}

impl ClientRules {
    /// What is known of the client of an authorization request.
    pub(super) fn known(&self, request: &ResolveClient) -> Known {
        if self.configured.contains_key(&request.id) || !MetadataDocumentUrl::is_meant_by(&request.id) {
            let found = self.find_by_id(&request.id);
            return Known::Answer(found.and_then(|client| client.ok_or(ResolveClientError::Unknown)));
        }
        let url = match self.admitted(&request.id) {
            Ok(url) => url,
            Err(refusal) => return Known::Answer(Err(refusal.into())),
        };
        match self.find_by_id(&request.id) {
            Ok(Some(client)) => self.weigh(url, client, request.redirect_uri.as_deref()),
            Ok(None) => Known::Unread { url, before: None },
            Err(error) => Known::Answer(Err(error)),
        }
    }

    /// The URL, if the operator accepts the document there.
    pub(super) fn admitted(&self, id: &ClientId) -> Result<MetadataDocumentUrl, DocumentRefusal> {
        let policy = self.settings.documents.as_ref();
        let policy = policy.ok_or(DocumentRefusal::SwitchedOff)?;
        let url = MetadataDocumentUrl::parse(id)?;
        policy.admit(&url)?;
        Ok(url)
    }

    /// Whether what a document said is enough. A document that does not know the redirect URI may have been changed, so it
    /// is read again, once in a while.
    fn weigh(&self, url: MetadataDocumentUrl, client: Client, redirect_uri: Option<&str>) -> Known {
        let now = self.clock.now();
        let ClientOrigin::MetadataDocument(age) = client.origin else {
            return Known::Unread { url, before: None };
        };
        let fits = client.choose_redirect_uri(redirect_uri).is_ok();
        if age.is_fresh(now) && (fits || !age.may_be_doubted(now)) {
            return Known::Answer(Ok(client));
        }
        let before = still_counts(&client, age, now).then(|| Box::new(client));
        Known::Unread { url, before }
    }

    /// Keeps the client that a document describes, just read.
    pub(super) fn keep(&self, url: &MetadataDocumentUrl, document: ReadDocument) -> ResolveClientReply {
        let now = self.clock.now();
        let age = DocumentAge::begin(now, document.cache_control.as_deref());
        let rules = MetadataRules {
            authentication_methods: vec![AuthenticationMethod::None, AuthenticationMethod::PrivateKeyJwt],
            ..self.settings.metadata.clone()
        };
        let described = Client::from_metadata_document(url, document.members, &rules, age);
        let mut client = described.map_err(DocumentRefusal::from)?;
        client.expires_at = Some(now + self.settings.unused_lifetime);
        self.repository.put_described_client(&client)?;
        self.delete_surplus()?;
        Ok(self.with_allowed_scopes(client))
    }

    fn find_by_id(&self, id: &ClientId) -> Result<Option<Client>, ResolveClientError> {
        let client = self.look_up(id)?;
        Ok(client.filter(|client| !client.is_expired(self.clock.now())))
    }
}

/// A client that somebody has logged in with outlives an outage of its server, for a time.
fn still_counts(client: &Client, age: DocumentAge, now: Timestamp) -> bool {
    age.is_fresh(now) || (client.last_used_at.is_some() && age.is_good_in_need(now))
}
