//! Paths and methods: what is a route of the API, and what is not.
//!
//! Paths are matched in any case, with a trailing slash or doubled ones. The vendor answers in two ways where it
//! has nothing: 404 with the web server's own page where there is no route, 405 where the route has other methods.

use http::Method;

use crate::entities::Entity;
use crate::query::Step;
use crate::refusal::Refusal;
use crate::write::Verb;

/// A call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// The zone a user's tenant lives in; needs no credentials.
    ZoneInformation,
    /// The versions there are; needs no credentials.
    VersionInformation,
    /// The hour's requests.
    ThresholdInformation,
    /// The product's version.
    Version,
    /// A call on an entity.
    Entity {
        /// The entity.
        entity: Entity,
        /// The parent's id, where the path goes through the parent.
        parent: Option<i64>,
        /// What is called.
        call: Call,
    },
}

/// What is called on an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// `entityInformation`
    Information,
    /// `entityInformation/fields`
    Fields,
    /// `entityInformation/userDefinedFields`
    UserDefinedFields,
    /// `query`, with its filter in the body or in the `search` parameter.
    Query,
    /// `query/next` and `query/previous`
    Page(Step),
    /// `query/count`
    Count,
    /// A record by id.
    Item(i64),
    /// All records below a parent.
    Children,
    /// POST, PATCH or PUT.
    Write(Verb),
    /// DELETE of a record below a parent.
    Delete(i64),
}

impl Call {
    /// Whether it may change something.
    pub(crate) fn is_write(self) -> bool {
        matches!(self, Self::Write(_) | Self::Delete(_))
    }
}

impl Route {
    /// The route of a path below the service's root (`/ATServicesRest`), for a method.
    pub(crate) fn find(method: &Method, path: &str) -> Result<Self, Refusal> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let [service, segments @ ..] = segments.as_slice() else { return Err(Refusal::NoRoute) };
        if !service.eq_ignore_ascii_case("ATServicesRest") {
            return Err(Refusal::NoRoute);
        }
        match segments {
            [name] if is(name, "versioninformation") => get_only(method, Self::VersionInformation),
            [version, rest @ ..] if is(version, "v1.0") => Self::in_version(method, rest),
            _ => Err(Refusal::NoRoute),
        }
    }

    fn in_version(method: &Method, segments: &[&str]) -> Result<Self, Refusal> {
        match segments {
            [name] if is(name, "zoneInformation") => get_only(method, Self::ZoneInformation),
            [name] if is(name, "ThresholdInformation") => {
                get_only(method, Self::ThresholdInformation)
            }
            [name] if is(name, "Version") => get_only(method, Self::Version),
            [path, id, child, rest @ ..] if id.parse::<i64>().is_ok() => {
                let parent = id.parse().ok();
                let entity = child_entity(path, child).ok_or(Refusal::NoRoute)?;
                child_call(method, entity, rest).map(|call| Self::Entity { entity, parent, call })
            }
            [path, rest @ ..] => {
                let entity = Entity::from_path(path).ok_or(Refusal::NoRoute)?;
                root_call(method, entity, rest).map(|call| Self::Entity {
                    entity,
                    parent: None,
                    call,
                })
            }
            [] => Err(Refusal::NoRoute),
        }
    }

    /// The route's name in counts and journals, with `{id}` for every id.
    pub(crate) fn name(self) -> String {
        let (entity, parent, call) = match self {
            Self::ZoneInformation => return "ZoneInformation".to_owned(),
            Self::VersionInformation => return "VersionInformation".to_owned(),
            Self::ThresholdInformation => return "ThresholdInformation".to_owned(),
            Self::Version => return "Version".to_owned(),
            Self::Entity { entity, parent, call } => (entity.definition(), parent, call),
        };
        let path = match (&entity.parent, parent) {
            (Some(of), Some(_)) => format!("{}/{{id}}/{}", of.path, of.segment),
            _ => entity.path.to_owned(),
        };
        let (verb, rest) = match call {
            Call::Information => ("GET", "/entityInformation"),
            Call::Fields => ("GET", "/entityInformation/fields"),
            Call::UserDefinedFields => ("GET", "/entityInformation/userDefinedFields"),
            Call::Query => ("QUERY", "/query"),
            Call::Page(Step::Next) => ("QUERY", "/query/next"),
            Call::Page(Step::Previous) => ("QUERY", "/query/previous"),
            Call::Count => ("QUERY", "/query/count"),
            Call::Item(_) => ("GET", "/{id}"),
            Call::Children => ("GET", ""),
            Call::Write(Verb::Create) => ("POST", ""),
            Call::Write(Verb::Patch) => ("PATCH", ""),
            Call::Write(Verb::Replace) => ("PUT", ""),
            Call::Delete(_) => ("DELETE", "/{id}"),
        };
        format!("{verb} {path}{rest}")
    }
}

fn is(segment: &str, name: &str) -> bool {
    segment.eq_ignore_ascii_case(name)
}

fn get_only<T>(method: &Method, found: T) -> Result<T, Refusal> {
    if method == Method::GET { Ok(found) } else { Err(Refusal::WrongMethod(method.clone())) }
}

fn child_entity(path: &str, child: &str) -> Option<Entity> {
    Entity::ALL.into_iter().find(|entity| {
        let parent = entity.definition().parent.as_ref();
        parent.is_some_and(|parent| is(path, parent.path) && is(child, parent.segment))
    })
}

fn root_call(method: &Method, entity: Entity, rest: &[&str]) -> Result<Call, Refusal> {
    let definition = entity.definition();
    match rest {
        [] if definition.parent.is_some() || !definition.can_update => Err(Refusal::NoRoute),
        [] => match verb(method) {
            Some(Verb::Create) if !definition.can_create => {
                Err(Refusal::WrongMethod(method.clone()))
            }
            Some(verb) => Ok(Call::Write(verb)),
            None => Err(Refusal::WrongMethod(method.clone())),
        },
        [word] if is(word, "query") => query_only(method, Call::Query),
        [word, count] if is(word, "query") && is(count, "count") => query_only(method, Call::Count),
        [word, next] if is(word, "query") && is(next, "next") => {
            query_only(method, Call::Page(Step::Next))
        }
        [word, previous] if is(word, "query") && is(previous, "previous") => {
            query_only(method, Call::Page(Step::Previous))
        }
        [id] if id.parse::<i64>().is_ok() => {
            let id = id.parse().map_err(|_| Refusal::NoRoute)?;
            get_only(method, Call::Item(id))
        }
        rest => metadata_call(method, rest),
    }
}

fn child_call(method: &Method, entity: Entity, rest: &[&str]) -> Result<Call, Refusal> {
    match rest {
        [] if method == Method::GET => Ok(Call::Children),
        [] => verb(method).map(Call::Write).ok_or_else(|| Refusal::WrongMethod(method.clone())),
        [id] if id.parse::<i64>().is_ok() => {
            let id = id.parse().map_err(|_| Refusal::NoRoute)?;
            if method == Method::DELETE && entity.definition().can_delete {
                Ok(Call::Delete(id))
            } else {
                get_only(method, Call::Item(id))
            }
        }
        rest => metadata_call(method, rest),
    }
}

fn metadata_call(method: &Method, rest: &[&str]) -> Result<Call, Refusal> {
    match rest {
        [word] if is(word, "entityInformation") => get_only(method, Call::Information),
        [word, fields] if is(word, "entityInformation") && is(fields, "fields") => {
            get_only(method, Call::Fields)
        }
        [word, udfs] if is(word, "entityInformation") && is(udfs, "userDefinedFields") => {
            get_only(method, Call::UserDefinedFields)
        }
        _ => Err(Refusal::NoRoute),
    }
}

fn query_only(method: &Method, call: Call) -> Result<Call, Refusal> {
    if method == Method::GET || method == Method::POST {
        Ok(call)
    } else {
        Err(Refusal::WrongMethod(method.clone()))
    }
}

fn verb(method: &Method) -> Option<Verb> {
    match *method {
        Method::POST => Some(Verb::Create),
        Method::PATCH => Some(Verb::Patch),
        Method::PUT => Some(Verb::Replace),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &Method, path: &str) -> Result<Route, Refusal> {
        Route::find(method, path)
    }

    #[test]
    fn case_and_surplus_slashes_do_not_matter() {
        for path in ["/ATServicesRest/V1.0/Companies/7", "/atservicesrest//v1.0/companies/7/"] {
            let route = find(&Method::GET, path).unwrap();
            assert_eq!(
                route,
                Route::Entity { entity: Entity::Company, parent: None, call: Call::Item(7) }
            );
        }
    }

    #[test]
    fn contacts_are_written_through_their_company_only() {
        let child = find(&Method::PATCH, "/ATServicesRest/V1.0/Companies/0/Contacts").unwrap();

        assert_eq!(
            child,
            Route::Entity {
                entity: Entity::Contact,
                parent: Some(0),
                call: Call::Write(Verb::Patch)
            }
        );
        for method in [Method::POST, Method::PATCH, Method::PUT] {
            let root = find(&method, "/ATServicesRest/V1.0/Contacts");
            assert!(matches!(root, Err(Refusal::NoRoute)));
        }
        let item = find(&Method::PUT, "/ATServicesRest/V1.0/Contacts/7");
        assert!(matches!(item, Err(Refusal::WrongMethod(_))));
    }

    #[test]
    fn methods_an_entity_lacks_are_405_and_paths_it_lacks_are_404() {
        for (method, path, is_404) in [
            (Method::PATCH, "/ATServicesRest/V1.0/Companies/7", false),
            (Method::DELETE, "/ATServicesRest/V1.0/Companies/7", false),
            (Method::GET, "/ATServicesRest/V1.0/Companies", false),
            (Method::POST, "/ATServicesRest/V1.0/Resources", false),
            (Method::POST, "/ATServicesRest/V1.0/ClassificationIcons", true),
            (Method::POST, "/ATServicesRest/V1.0/Companies/0/Contacts/query", true),
            (Method::GET, "/ATServicesRest/V1.0/Tickets/query", true),
            (Method::GET, "/ATServicesRest/V2.0/Companies/7", true),
            (Method::GET, "/", true),
        ] {
            match find(&method, path) {
                Err(Refusal::NoRoute) => assert!(is_404, "{method} {path}"),
                Err(Refusal::WrongMethod(_)) => assert!(!is_404, "{method} {path}"),
                other => panic!("{method} {path}: {other:?}"),
            }
        }
    }
}
