//! `serve --transport stdio` with the real program: messages in lines, both eras, the end.

mod client;
mod conversation;
mod ends;
mod foreign;
mod identity;
