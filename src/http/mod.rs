//! Translation between HTTP and use cases. No decision about tokens, protocol or SQL is taken here.

pub mod admin;
pub mod extract;
mod front_page;
mod health;
pub mod mcp;
pub mod middleware;
pub mod oauth;
mod pages;
pub mod request_ids;
pub mod routes;
