//! A person's browser: keeps cookies, follows redirects within the server, fills in forms and presses buttons.

use std::cell::RefCell;
use std::collections::BTreeMap;

use actix_web::cookie::Cookie;
use actix_web::cookie::time::SignedDuration;
use actix_web::http::header::{COOKIE, SET_COOKIE};
use actix_web::test::TestRequest;
use url::Url;

use super::server::{Answer, ISSUER, Server};

/// Requests in one walk, so that a redirect loop fails.
const MOST_STEPS: usize = 10;

/// A browser with its cookies.
pub(super) struct Browser<'a> {
    server: &'a Server,
    cookies: RefCell<BTreeMap<String, String>>,
    /// Whether it says where requests come from, as current browsers do.
    sends_fetch_metadata: bool,
}

/// A page that a browser shows.
pub(super) struct Page {
    pub(super) answer: Answer,
    /// The first form.
    pub(super) form: Option<Form>,
}

/// A form of a page.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        Self {
            server,
            cookies: RefCell::default(),
            sends_fetch_metadata: true,
        }
    }

    /// A browser that is too old to say where its requests come from.
    pub(super) fn old(server: &'a Server) -> Self {
        Self {
            sends_fetch_metadata: false,
            ..Self::new(server)
        }
    }

    /// The same browser; its next request reaches another server.
    pub(super) fn at(self, server: &Server) -> Browser<'_> {
        Browser {
            server,
            cookies: self.cookies,
            sends_fetch_metadata: self.sends_fetch_metadata,
        }
    }

    /// Opens an address that another site or program sent the browser to, and follows redirects of the server.
    pub(super) async fn open(&self, uri: &str) -> Page {
        self.walk(self.request(TestRequest::get().uri(uri), "cross-site"))
            .await
    }

    /// Opens an address of the server without following where it sends the browser.
    pub(super) async fn get(&self, uri: &str) -> Answer {
        self.send(self.request(TestRequest::get().uri(uri), "cross-site"))
            .await
    }

    /// Fills in the form of a page and presses its first button.
    pub(super) async fn submit(&self, form: &Form, answers: &[(&str, &str)]) -> Page {
        let request = self.submission(form, answers);
        self.walk(request).await
    }

    /// The same without following where the server sends the browser.
    pub(super) async fn submit_once(&self, form: &Form, answers: &[(&str, &str)]) -> Answer {
        let request = self.submission(form, answers);
        self.send(request).await
    }

    /// Sends what was made by hand and follows redirects of the server.
    pub(super) async fn walk_from(&self, request: TestRequest) -> Page {
        self.walk(self.request(request, "same-origin")).await
    }

    /// The value of a cookie, by the end of its name.
    pub(super) fn cookie(&self, end: &str) -> Option<String> {
        let cookies = self.cookies.borrow();
        let found = cookies.iter().find(|(name, _)| name.contains(end));
        found.map(|(_, value)| value.clone())
    }

    /// The request that a browser makes of a form: from a page that sends no referrer, so without an origin.
    pub(super) fn submission(&self, form: &Form, answers: &[(&str, &str)]) -> TestRequest {
        let mut fields = form.fields.clone();
        for (name, value) in answers {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let request = TestRequest::post().uri(&form.action).set_form(fields);
        self.request(request.insert_header(("Origin", "null")), "same-origin")
    }

    /// Sends what was made by hand, with this browser's cookies.
    pub(super) async fn send(&self, request: TestRequest) -> Answer {
        let answer = self.server.call(request).await;
        for line in answer.headers.get_all(SET_COOKIE) {
            let cookie = Cookie::parse(line.to_str().unwrap()).unwrap();
            let is_over = cookie.max_age().is_some_and(SignedDuration::is_zero);
            let mut cookies = self.cookies.borrow_mut();
            if is_over {
                cookies.remove(cookie.name());
            } else {
                cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        answer
    }

    fn request(&self, mut request: TestRequest, site: &str) -> TestRequest {
        let cookies = self.cookies.borrow();
        let pairs: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !pairs.is_empty() {
            request = request.insert_header((COOKIE, pairs.join("; ")));
        }
        match self.sends_fetch_metadata {
            true => request.insert_header(("Sec-Fetch-Site", site)),
            false => request,
        }
    }

    async fn walk(&self, first: TestRequest) -> Page {
        let mut answer = self.send(first).await;
        for _ in 0..MOST_STEPS {
            let Some(location) = own_path(&answer) else {
                let form = first_form(&answer.body);
                return Page { answer, form };
            };
            let next = self.request(TestRequest::get().uri(&location), "same-origin");
            answer = self.send(next).await;
        }
        panic!("no end of redirects");
    }
}

impl Page {
    /// The first form, which must be there.
    pub(super) fn form(&self) -> Form {
        self.form
            .clone()
            .unwrap_or_else(|| panic!("no form: {} {}", self.answer.status, self.answer.body))
    }

    /// Where the server sends the browser, which is not to itself.
    pub(super) fn location(&self) -> Url {
        location(&self.answer)
    }
}

/// Where an answer sends the browser.
pub(super) fn location(answer: &Answer) -> Url {
    assert_eq!(answer.status, 303, "{}", answer.body);
    Url::parse(answer.header("location").unwrap()).unwrap()
}

/// The value of a parameter of a query.
pub(super) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut values = url.query_pairs().filter(|(known, _)| known == name);
    let value = values.next().map(|(_, value)| value.into_owned());
    assert!(values.next().is_none(), "{name} is there twice");
    value
}

fn own_path(answer: &Answer) -> Option<String> {
    let location = answer.header("location")?;
    let path = location.strip_prefix(ISSUER).unwrap_or(location);
    path.starts_with('/').then(|| path.to_owned())
}

/// Good enough for our own pages: every value is quoted.
pub(crate) fn first_form(html: &str) -> Option<Form> {
    let start = html.find("<form ")?;
    let form = &html[start..start + html[start..].find("</form>")?];
    let mut fields = Vec::new();
    let mut has_button = false;
    for tag in form
        .split('<')
        .filter(|tag| tag.starts_with("input ") || tag.starts_with("button "))
    {
        let is_button = tag.starts_with("button");
        if is_button && has_button {
            continue;
        }
        has_button |= is_button;
        if let Some(name) = attribute(tag, "name") {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    Some(Form {
        action: attribute(form, "action")?,
        fields,
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescape(value))
}

/// The entities that our templates write.
pub(super) fn unescape(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (entity, character)| {
        text.replace(entity, character)
    })
}
