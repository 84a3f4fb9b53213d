//! Turns a template and its values into an answer.

use std::sync::LazyLock;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use ring::digest;

const STYLE: &str = include_str!("style.css");

const TEMPLATES: [(&str, &str); 8] = [
    ("layout.html", include_str!("layout.html")),
    ("login.html", include_str!("login.html")),
    ("consent.html", include_str!("consent.html")),
    ("code.html", include_str!("code.html")),
    ("error.html", include_str!("error.html")),
    ("home.html", include_str!("home.html")),
    ("account.html", include_str!("account.html")),
    ("sign_out.html", include_str!("sign_out.html")),
];

static ENVIRONMENT: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(environment);

/// Nothing but our one style sheet. There is no `form-action`: Chromium would apply it to the redirect that follows a
/// form, and the way back to the client would be cut.
static CONTENT_SECURITY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'")
});

/// The page as an answer. Templates are part of the program, so a failure is a defect; tests render each of them.
pub(super) fn page(mut response: HttpResponseBuilder, template: &str, values: &Value) -> HttpResponse {
    let text = match render(template, values) {
        Ok(text) => text,
        Err(reason) => {
            log::error!("the page {template} cannot be rendered: {reason}");
            return HttpResponse::InternalServerError().body("an internal error ended this request");
        }
    };
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, CONTENT_SECURITY.as_str()))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .content_type("text/html; charset=utf-8")
        .body(text)
}

fn render(template: &str, values: &Value) -> Result<String, String> {
    let environment = ENVIRONMENT.as_ref().map_err(ToString::to_string)?;
    let template = environment
        .get_template(template)
        .map_err(|error| error.to_string())?;
    let values = context! { style => Value::from_safe_string(STYLE.to_owned()), ..values.clone() };
    template.render(values).map_err(|error| error.to_string())
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}
