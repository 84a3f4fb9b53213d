//! `GET /metrics`: everything countable, as text that Prometheus reads (`OpenMetrics` 1.0). Read off counters that the parts
//! keep anyway; nothing is measured for this page.
//!
//! Labels take their values from the configuration and from enums, never from requests.
//!
//! - `page`: the grammar. `serving`, `authorization`, `issuers`: what stands on the page. `process`: what the system says.

mod authorization;
mod issuers;
mod page;
mod process;
mod serving;

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;

use self::page::Page;
use super::Admin;
use super::population::Counted;

/// The media type of the page.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The page.
pub async fn metrics(admin: &Arc<Admin>) -> Result<String, fmt::Error> {
    let counted = admin.counted().await;
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape {
        admin: Arc::clone(admin),
        counted,
    }));
    let mut page = String::with_capacity(32 * 1024);
    text::encode(&mut page, &registry)?;
    Ok(page)
}

/// One look at everything.
struct Scrape {
    admin: Arc<Admin>,
    counted: Counted,
}

impl fmt::Debug for Scrape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scrape")
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(&mut encoder);
        serving::process(&mut page, &self.admin)?;
        serving::requests(&mut page, &self.admin)?;
        serving::sessions(&mut page, self.counted)?;
        serving::calls(&mut page, &self.admin)?;
        serving::queries(&mut page, &self.admin)?;
        serving::actors(&mut page, &self.admin)?;
        serving::audit(&mut page, &self.admin)?;
        if let Some(issuers) = &self.admin.issuers {
            issuers::encode(&mut page, issuers)?;
        }
        match &self.admin.authorization {
            Some(of_logins) => authorization::encode(&mut page, of_logins, self.counted),
            None => Ok(()),
        }
    }
}
