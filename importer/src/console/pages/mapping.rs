//! *Mapping*: which field becomes which, who wins, and whether both systems' schemas fit (rules V1, V3, V7).

use maud::{Markup, html};

use super::layout::{Page, Place, moment};
use crate::console::door::Visitor;
use crate::desk::{Freshness, MappingTable};
use crate::domain::agreement::{Line, Remark};
use crate::domain::model::Kind;

/// The page.
pub(in crate::console) fn page(visitor: &Visitor, mapping: &MappingTable) -> Page {
    let body = html! {
        section.card aria-labelledby="checked" {
            h2 #checked { "Held against both systems" }
            dl.facts {
                dt { "Salesforce" } dd { (known(&mapping.salesforce)) }
                dt { "Autotask" } dd { (known(&mapping.autotask)) }
                dt { "On first linking" }
                dd { (mapping.first_link.name()) " · " a href="/settings#settings.first_link" { "change" } }
            }
            form method="get" action="/mapping" {
                input type="hidden" name="live" value="1";
                button { "Check against both systems now" }
                p.help { "Reads which fields, lengths and choices there are; writes nothing." }
            }
        }
        p {
            "Who wins where both sides have a value is the setting "
            a href="/settings#settings.field_policies" { "field_policies" } "."
        }
        @for kind in [Kind::Company, Kind::Contact] {
            (table(kind, mapping.fields.iter().filter(|line| line.kind == kind)))
        }
    };
    Page::of(Place::Mapping, "Mapping", visitor, body)
}

fn known(tenant: &Freshness) -> Markup {
    html! {
        @match (&tenant.problem, tenant.read) {
            (Some(problem), Some(read)) => { "as on " (moment(read)) "; now it cannot be asked: " (problem) },
            (Some(problem), None) => { span.badge.bad { "not known" } " " (problem) },
            (None, Some(read)) => { "as on " (moment(read)) },
            (None, None) => "not asked yet",
        }
    }
}

fn table<'a>(kind: Kind, lines: impl Iterator<Item = &'a Line>) -> Markup {
    html! {
        div.scroll role="region" aria-label="Table" tabindex="0" {
            table {
                caption { "Salesforce " (kind.source_name()) "s to Autotask " (if kind == Kind::Company { "companies" } else { "contacts" }) }
                thead {
                    tr {
                        th scope="col" { "Salesforce" }
                        th scope="col" { "Autotask" }
                        th scope="col" { "How" }
                        th scope="col" { "Who wins" }
                        th scope="col" { "To know" }
                    }
                }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { (line.source.api_name()) }
                            td { (line.target.api_name()) @if line.required { " " span.faint { "(required)" } } }
                            td { (line.conversion) }
                            td { (line.policy.name()) }
                            td { (remarks(&line.remarks)) }
                        }
                    }
                }
            }
        }
    }
}

fn remarks(remarks: &[Remark]) -> Markup {
    html! {
        @if !remarks.is_empty() {
            ul.findings {
                @for remark in remarks {
                    li {
                        @if remark.is_wrong() { span.badge.bad { "wrong" } } @else { span.badge.warn { "note" } }
                        " " (remark)
                    }
                }
            }
        }
    }
}
