//! Calls on an entity: from a request that was let in to its answer.

use http::request::Parts;
use http::{HeaderMap, Method};

use crate::answer::Outgoing;
use crate::entities::Entity;
use crate::instance::Instance;
use crate::metadata;
use crate::query::{self, Links, Paging, Query};
use crate::refusal::{Complaint, Refusal, quoted};
use crate::route::Call;
use crate::server::Parameters;
use crate::settings::Action;
use crate::store::Tenant;
use crate::write::{self, Verb};

/// The header that names the resource in whose name something is written.
const IMPERSONATION: &str = "ImpersonationResourceId";

/// A call on an entity, with all it needs.
#[derive(Debug)]
pub(crate) struct EntityCall<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) parts: &'a Parts,
    pub(crate) parameters: Parameters,
    pub(crate) body: &'a [u8],
    /// The service's URL as the client reaches it.
    pub(crate) base: String,
    pub(crate) entity: Entity,
    pub(crate) parent: Option<i64>,
}

impl EntityCall<'_> {
    /// Carries the call out.
    pub(crate) fn answer(&self, call: Call, tenant: &mut Tenant) -> Result<Outgoing, Refusal> {
        self.check_permission(call)?;
        let view = self.instance.view();
        let entity = self.entity;
        let bytes = match call {
            Call::Information => metadata::information(entity, &self.instance.settings()),
            Call::Fields => metadata::fields(entity, tenant.catalogue()),
            Call::UserDefinedFields => {
                metadata::user_defined_fields(entity, tenant.catalogue(), view.made_before)
            }
            Call::Query => return self.page(tenant, None),
            Call::Page(step) => {
                let paging = self.parameters.get("paging").unwrap_or_default();
                return self.page(tenant, Some(Paging::read(paging)?.step(step)));
            }
            Call::Count => {
                let query = Query::read(self.search()?)?;
                let body = query::count(tenant, entity, &query, view)?;
                return Ok(warned(Outgoing::json(body), &query));
            }
            Call::Item(id) => match query::item(tenant, entity, self.parent, id, view)? {
                None if self.instance.settings().missing_item_is_404 => {
                    return Err(Refusal::NoItem);
                }
                item => item.unwrap_or_else(|| b"{\"item\":null}".to_vec()),
            },
            Call::Children => {
                let parent = self.parent.ok_or(Refusal::NoRoute)?;
                let paging = self.parameters.get("paging").map(Paging::read).transpose()?;
                query::children(tenant, entity, parent, paging, &self.links(), view)?
            }
            Call::Write(verb) => {
                let circumstances = self.instance.of_client(self.impersonated(tenant)?);
                let id =
                    write::apply(tenant, entity, self.parent, verb, self.body, &circumstances)?;
                return Ok(Outgoing::item_id(id));
            }
            Call::Delete(id) => {
                let circumstances = self.instance.of_client(self.impersonated(tenant)?);
                let id = write::delete(tenant, entity, self.parent, id, &circumstances)?;
                return Ok(Outgoing::item_id(id));
            }
        };
        Ok(Outgoing::json(bytes))
    }

    fn page(&self, tenant: &Tenant, paging: Option<Paging>) -> Result<Outgoing, Refusal> {
        let query = Query::read(self.search()?)?;
        let view = self.instance.view();
        let body = query::page(tenant, self.entity, &query, paging, &self.links(), view)?;
        Ok(warned(Outgoing::json(body), &query))
    }

    /// Metadata is open to all; a query in another resource's name is to nobody.
    fn check_permission(&self, call: Call) -> Result<(), Refusal> {
        let action = match call {
            Call::Information | Call::Fields | Call::UserDefinedFields => return Ok(()),
            Call::Query | Call::Page(_) | Call::Count | Call::Item(_) | Call::Children => {
                Action::Query
            }
            Call::Write(Verb::Create) => Action::Create,
            Call::Write(Verb::Patch | Verb::Replace) => Action::Update,
            Call::Delete(_) => Action::Delete,
        };
        let is_query = matches!(call, Call::Query | Call::Page(_) | Call::Count);
        let denied = !self.instance.settings().allows(self.entity, action)
            || is_query && header(&self.parts.headers, IMPERSONATION).is_some();
        if denied { Err(Complaint::NotPermitted(action.word()).into()) } else { Ok(()) }
    }

    /// The resource in whose name the client writes: an active one, where the user may.
    fn impersonated(&self, tenant: &Tenant) -> Result<Option<i64>, Refusal> {
        let Some(text) = header(&self.parts.headers, IMPERSONATION) else { return Ok(None) };
        let refused = || Refusal::from(Complaint::NoImpersonation(quoted(text)));
        let id = text.trim().parse().map_err(|_| refused())?;
        if !self.instance.settings().impersonation
            || !write::is_active(tenant, Entity::Resource, id)?
        {
            return Err(refused());
        }
        Ok(Some(id))
    }

    /// The JSON of a query: a POST's body, a GET's `search`. A GET without one does not fit the route.
    fn search(&self) -> Result<&[u8], Refusal> {
        if self.parts.method == Method::POST {
            return Ok(self.body);
        }
        let search = self.parameters.get("search").ok_or(Refusal::WrongMethod(Method::GET))?;
        Ok(search.as_bytes())
    }

    fn links(&self) -> Links<'_> {
        let is_get = self.parts.method == Method::GET;
        let definition = self.entity.definition();
        let path = match (&definition.parent, self.parent) {
            (Some(of), Some(parent)) => format!("{}/{parent}/{}", of.path, of.segment),
            _ => definition.path.to_owned(),
        };
        Links {
            base: format!("{}/{path}", self.base),
            of_query: self.parent.is_none(),
            search: self.parameters.get("search").filter(|_| is_get),
        }
    }
}

/// Tells the journal what of the query was ignored.
fn warned(mut answer: Outgoing, query: &Query) -> Outgoing {
    if !query.filter.dropped.is_empty() {
        let operators = query.filter.dropped.join(", ");
        answer.warning = Some(format!("dropped conditions with unknown operators: {operators}"));
    }
    answer
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
