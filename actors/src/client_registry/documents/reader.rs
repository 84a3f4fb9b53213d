//! Reads documents without holding anybody else up, and without becoming a tool against their servers.

use std::future::Future;
use std::net::IpAddr;
use std::rc::Rc;

use super::{DocumentRefusal, DocumentSource, ReadDocument};
use crate::client_registry::reading_bounds::ReadingBounds;
use crate::domain::client::MetadataDocumentUrl;
use crate::domain::clock::Timestamp;
use crate::joined::Joined;

/// Reads documents. Clones share what is under way. On one thread.
pub struct DocumentReader<T>(Rc<Readings<T>>);

struct Readings<T> {
    source: Box<dyn DocumentSource>,
    under_way: Joined<[u8; 32], T>,
    bounds: Rc<ReadingBounds>,
}

impl<T> Clone for DocumentReader<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Clone + From<DocumentRefusal>> DocumentReader<T> {
    /// A reader that has read nothing.
    pub(in crate::client_registry) fn new(
        source: Box<dyn DocumentSource>,
        bounds: Rc<ReadingBounds>,
    ) -> Self {
        Self(Rc::new(Readings {
            source,
            under_way: Joined::default(),
            bounds,
        }))
    }

    /// What `keep` makes of the document at `url`. Callers that want the same document at once share one reading and what
    /// was made of it.
    pub async fn read<F: Future<Output = T>>(
        &self,
        url: MetadataDocumentUrl,
        network: IpAddr,
        now: Timestamp,
        keep: impl FnOnce(MetadataDocumentUrl, ReadDocument) -> F,
    ) -> T {
        let _waits = match self.0.bounds.admit(network, now) {
            Ok(place) => place,
            Err(refusal) => return DocumentRefusal::from(refusal).into(),
        };
        let key = url.fingerprint();
        let ask = move || async move {
            match self.ask(&url, now).await {
                Ok(document) => keep(url, document).await,
                Err(refusal) => refusal.into(),
            }
        };
        self.0.under_way.run(key, ask).await
    }

    /// Callers that wait for a document now.
    #[cfg(test)]
    pub(in crate::client_registry) fn waiting(&self) -> usize {
        self.0.bounds.waiting()
    }

    async fn ask(&self, url: &MetadataDocumentUrl, now: Timestamp) -> Result<ReadDocument, DocumentRefusal> {
        let _place = self.0.bounds.begin(url.host(), now)?;
        self.0.source.read(url).await
    }
}
