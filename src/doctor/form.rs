//! The forms of the server's own pages, and a browser that keeps cookies.

use mxcp_actors::domain::secret::Secret;
use mxcp_actors::outbound::ProbeAnswer;
use url::Url;

use super::target::Target;

/// So many redirects within the server are followed.
const MOST_REDIRECTS: usize = 5;

/// A form, as far as it must be sent back.
pub(super) struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    /// The first form of a page.
    pub(super) fn first(html: &str) -> Option<Self> {
        let (_, form) = html.split_once("<form ")?;
        let (form, _) = form.split_once("</form>")?;
        let inputs = form.split('<').filter(|tag| tag.starts_with("input "));
        let field = |tag: &str| {
            Some((
                attribute(tag, "name")?,
                attribute(tag, "value").unwrap_or_default(),
            ))
        };
        Some(Self {
            action: attribute(&format!("form {form}"), "action")?,
            fields: inputs.filter_map(field).collect(),
        })
    }

    /// Whether it has a field of this name.
    pub(super) fn asks_for(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// Fills a field in, or presses a button.
    pub(super) fn fill(&mut self, name: &str, value: &str) {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (tag, _) = tag.split_once('>')?;
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescape(value))
}

/// The entities that the server's pages write.
pub(super) fn unescape(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text.to_owned(), |text, (entity, character)| {
            text.replace(entity, character)
        })
}

/// Keeps cookies, and follows redirects within the server.
pub(super) struct Browser<'a> {
    target: &'a Target,
    cookies: Vec<(String, Secret)>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self {
            target,
            cookies: Vec::new(),
        }
    }

    /// Opens an address. The answer may be a redirect to somewhere else.
    pub(super) async fn open(&mut self, url: &Url) -> Result<ProbeAnswer, String> {
        let cookies = self.cookie_header();
        let headers = [("cookie", cookies.expose())];
        let answer = self.target.send("GET", url, &headers, None).await;
        self.follow(answer.map_err(|error| error.to_string())?).await
    }

    /// Sends a form.
    pub(super) async fn submit(&mut self, form: &Form) -> Result<ProbeAnswer, String> {
        let url = self
            .target
            .mcp()
            .join(&form.action)
            .map_err(|error| error.to_string())?;
        let cookies = self.cookie_header();
        let headers = [
            ("cookie", cookies.expose()),
            ("origin", "null"),
            ("sec-fetch-site", "same-origin"),
        ];
        let fields = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<(&str, &str)> = fields.collect();
        let answer = self.target.post_form(&url, &headers, &fields).await;
        self.follow(answer.map_err(|error| error.to_string())?).await
    }

    async fn follow(&mut self, mut answer: ProbeAnswer) -> Result<ProbeAnswer, String> {
        for _ in 0..MOST_REDIRECTS {
            self.keep(&answer);
            let Some(next) = self.own(&answer) else {
                return Ok(answer);
            };
            let cookies = self.cookie_header();
            let headers = [("cookie", cookies.expose()), ("sec-fetch-site", "same-origin")];
            let asked = self.target.send("GET", &next, &headers, None).await;
            answer = asked.map_err(|error| error.to_string())?;
        }
        Err("the server redirects without end".to_owned())
    }

    /// Where a redirect leads, if that is the server itself.
    fn own(&self, answer: &ProbeAnswer) -> Option<Url> {
        let location = answer
            .header("location")
            .filter(|_| (300..400).contains(&answer.status))?;
        let url = self.target.mcp().join(location).ok()?;
        (url.origin() == self.target.mcp().origin()).then_some(url)
    }

    fn keep(&mut self, answer: &ProbeAnswer) {
        let lines = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
        for (_, line) in lines {
            let pair = line.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), Secret::new(value)));
            }
        }
    }

    fn cookie_header(&self) -> Secret {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={}", value.expose()));
        Secret::new(pairs.collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_hidden_fields() {
        let html = "<p><form method=\"post\" action=\"&#x2f;login\"><input type=\"hidden\" name=\"interaction\" value=\"a&amp;b\">\
                    <input name=\"password\" type=\"password\"></form>";
        let form = Form::first(html).unwrap();
        assert_eq!(form.action, "/login");
        assert!(form.asks_for("password") && !form.asks_for("decision"));
        assert_eq!(form.fields[0], ("interaction".to_owned(), "a&b".to_owned()));
    }
}
