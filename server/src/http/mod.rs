//! HTTP: routes, pages, the API and the door of the live connection.

pub mod api;
pub mod assets;
pub mod auth;
mod content_type;
pub mod errors;
pub mod forms;
pub mod guard;
pub mod language;
pub mod members;
pub mod operations;
pub mod origin;
pub mod pages;
pub mod participants;
pub mod screens;
pub mod signin;
pub mod socket;

use actix_web::{
    HttpResponse, Resource, Route, guard as when,
    http::{Method, header},
    web::{self, ServiceConfig, delete, patch, post, put},
};

use self::api::{activities, events, join};
pub use self::guard::{finish, same_origin, time_limit};
use crate::config::Config;

/// Every address of the server but the assets and the live connection.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(assets::configure);
    at(cfg, "/", vec![(Method::GET, get().to(participants::landing))]);
    at(cfg, "/join", vec![(Method::GET, get().to(participants::find))]);
    at(cfg, "/e/{code}", vec![(Method::GET, get().to(participants::phone))]);
    at(cfg, "/e/{code}/join", vec![(Method::POST, post().to(participants::join))]);
    at(cfg, "/e/{code}/respond", vec![(Method::POST, post().to(participants::respond))]);
    at(cfg, "/e/{code}/screen", vec![(Method::GET, get().to(screens::screen))]);
    at(cfg, "/e/{code}/qr.svg", vec![(Method::GET, get().to(screens::qr))]);
    at(cfg, "/language/{code}", vec![(Method::GET, get().to(language::choose))]);
    at(cfg, "/setup", vec![(Method::GET, get().to(members::setup)), (Method::POST, post().to(members::create_owner))]);
    at(cfg, "/login", vec![(Method::GET, get().to(members::login)), (Method::POST, post().to(members::sign_in))]);
    at(cfg, "/logout", vec![(Method::POST, post().to(members::sign_out))]);
    at(cfg, "/studio", vec![(Method::GET, get().to(members::events))]);
    at(cfg, "/studio/events", vec![(Method::POST, post().to(members::create_event))]);
    at(cfg, "/studio/events/{event}", vec![(Method::GET, get().to(members::studio))]);
    at(cfg, "/healthz", vec![(Method::GET, get().to(operations::healthy))]);
    at(cfg, "/readyz", vec![(Method::GET, get().to(operations::ready))]);
    at(cfg, "/metrics", vec![(Method::GET, get().to(operations::metrics))]);
    at(cfg, "/api/v1/join", vec![(Method::POST, post().to(join::join))]);
    at(cfg, socket::PATH, vec![(Method::GET, get().to(join::upgrade_required))]);
    let all = "/api/v1/events";
    at(cfg, all, vec![(Method::GET, get().to(events::list)), (Method::POST, post().to(events::create))]);
    let one = "/api/v1/events/{event}";
    at(
        cfg,
        one,
        vec![
            (Method::GET, get().to(events::show)),
            (Method::PATCH, patch().to(events::change)),
            (Method::DELETE, delete().to(events::remove)),
        ],
    );
    at(cfg, &format!("{one}/restore"), vec![(Method::POST, post().to(events::restore))]);
    at(cfg, &format!("{one}/order"), vec![(Method::PUT, put().to(activities::order))]);
    at(cfg, &format!("{one}/activities"), vec![(Method::POST, post().to(activities::create))]);
    let activity = format!("{one}/activities/{{activity}}");
    let routes = vec![(Method::PUT, put().to(activities::change)), (Method::DELETE, delete().to(activities::remove))];
    at(cfg, &activity, routes);
    at(cfg, &format!("{activity}/restore"), vec![(Method::POST, post().to(activities::restore))]);
    at(cfg, &format!("{activity}/duplicate"), vec![(Method::POST, post().to(activities::duplicate))]);
    cfg.default_service(web::to(operations::not_found));
}

/// An address and what it answers. HEAD works wherever GET does; every other method is refused with the list of those
/// that are allowed.
fn at(cfg: &mut ServiceConfig, path: &str, routes: Vec<(Method, Route)>) {
    let mut allowed: Vec<_> = routes.iter().map(|(method, _)| method.as_str().to_owned()).collect();
    if allowed.iter().any(|method| method == "GET") {
        allowed.push("HEAD".to_owned());
    }
    let allowed = allowed.join(", ");
    let refuse = move || {
        let allowed = allowed.clone();
        async move { HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed)).finish() }
    };
    let resource: Resource = routes.into_iter().fold(web::resource(path), |resource, (_, route)| resource.route(route));
    cfg.service(resource.default_service(web::to(refuse)));
}

/// A route for GET and HEAD.
fn get() -> Route {
    web::route().guard(when::Any(when::Get()).or(when::Head()))
}

/// The limits of request bodies, and what is said of those that do not fit.
pub fn limits(config: &Config) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let bytes = config.limits.body_bytes.get();
    move |cfg| {
        cfg.app_data(web::PayloadConfig::new(bytes));
        cfg.app_data(
            web::JsonConfig::default().limit(bytes).error_handler(|error, _| forms::unreadable_json(&error).into()),
        );
        cfg.app_data(
            web::FormConfig::default().limit(bytes).error_handler(|error, _| forms::unreadable_form(&error).into()),
        );
        cfg.app_data(web::PathConfig::default().error_handler(|_, _| errors::Failure::not_found().into()));
        cfg.app_data(web::QueryConfig::default().error_handler(|error, _| {
            errors::Failure::malformed(format!("The address is not understood: {error}.")).into()
        }));
    }
}
