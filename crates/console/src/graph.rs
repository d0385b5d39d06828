//! The identity graph of a contact as a picture: laid out here, so that no script is needed.
//!
//! The contact stands in the middle. Left of it are the contacts that it absorbed, each beside the one that absorbed it, and its visitors; right
//! of it are its identifiers. The layout depends on nothing but the identity, so that the same contact always has the same picture.

use crate::contact_view::{identifier, key};
use crate::texts::Texts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use selfsame_application::ports::IdentityView;
use selfsame_domain::{ContactId, HeldIdentifier, IdentifierKind, Visitor};
use std::collections::{BTreeMap, BTreeSet};

/// The most nodes of a kind in a picture: absorbed contacts, visitors, identifiers.
const MOST: usize = 30;
/// Width and height of a node, in pixels.
const NODE: (u32, u32) = (210, 32);
/// The space between nodes of a column.
const GAP: u32 = 10;
/// The space between columns, which the edges cross.
const BETWEEN: u32 = 70;
/// The space around the picture.
const MARGIN: u32 = 8;
/// The most characters of a label; the whole text is in its title.
const LABEL: usize = 26;

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Width and height of a node.
    pub(crate) node: (u32, u32),
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    /// How many nodes have no place in the picture; the tables of the page have them.
    pub(crate) left_out: u64,
}

/// A node: a link with a text in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// The left upper corner.
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) kind: &'static str,
    pub(crate) label: String,
    pub(crate) title: String,
    pub(crate) href: String,
    /// The text of the node that it belongs to; empty for the contact itself.
    pub(crate) of: String,
}

impl Node {
    /// The name of the text that says what it is.
    pub(crate) fn kind_text(&self) -> String {
        format!("graph-{}", self.kind)
    }
}

/// A curve between the sides of two nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) path: String,
}

/// A node before its column is known: those on the left count their columns from the middle.
struct Placed {
    node: Node,
    depth: u32,
    parent: Option<usize>,
}

impl Graph {
    pub(crate) fn of(identity: &IdentityView, texts: Texts) -> Self {
        let mut layout = Layout::new(identity, texts);
        let rest = layout.absorbed.values().map(Vec::len).sum::<usize>();
        let root = layout.contact(identity.contact.id, 0, None);
        let visitors: Vec<&Visitor> = identity.visitors.iter().take(MOST).collect();
        for visitor in &visitors {
            layout.visitor(visitor, root);
        }
        let drawn = layout.seen.len().saturating_sub(1);
        let held: Vec<&HeldIdentifier> = identity.contact.identifiers.iter().take(MOST).collect();
        let left_out = rest.saturating_sub(drawn)
            + identity.visitors.len().saturating_sub(visitors.len())
            + identity.contact.identifiers.len().saturating_sub(held.len());
        layout.finish(root, &held, left_out as u64)
    }
}

struct Layout {
    texts: Texts,
    /// The contacts that a contact absorbed and has still, by number.
    absorbed: BTreeMap<ContactId, Vec<ContactId>>,
    seen: BTreeSet<ContactId>,
    placed: Vec<Placed>,
    /// How many nodes without others left of them there are so far.
    leaves: u32,
}

impl Layout {
    fn new(identity: &IdentityView, texts: Texts) -> Self {
        let mut absorbed: BTreeMap<ContactId, Vec<ContactId>> = BTreeMap::new();
        for merge in identity.merges.iter().filter(|merge| merge.undone_at.is_none()) {
            absorbed.entry(merge.survivor).or_default().push(merge.absorbed);
        }
        Self {
            texts,
            absorbed,
            seen: BTreeSet::new(),
            placed: Vec::new(),
            leaves: 0,
        }
    }

    /// Places a contact beside the middle of those that it absorbed; returns its place.
    fn contact(&mut self, id: ContactId, depth: u32, parent: Option<usize>) -> usize {
        self.seen.insert(id);
        let place = self.placed.len();
        let kind = if depth == 0 { "contact" } else { "absorbed" };
        let href = if depth == 0 {
            "#who".to_owned()
        } else {
            "#merges".to_owned()
        };
        let title = self.texts.with("contact-title", "id", &id.to_string());
        self.place(kind, title, href, depth, parent);
        let absorbed = self.absorbed.get(&id).cloned().unwrap_or_default();
        let mut ends = Vec::new();
        for other in absorbed {
            // A history that contradicts itself must not make a picture without end.
            if self.seen.len() <= MOST && !self.seen.contains(&other) {
                let child = self.contact(other, depth + 1, Some(place));
                ends.push(self.placed[child].node.y);
            }
        }
        // The middle contact is placed when all of its column is.
        if depth > 0 {
            self.placed[place].node.y = match (ends.first(), ends.last()) {
                (Some(first), Some(last)) => first.midpoint(*last),
                _ => self.leaf(),
            };
        }
        place
    }

    fn visitor(&mut self, visitor: &Visitor, root: usize) {
        let text = key(&visitor.key, self.texts);
        let title = self.texts.with("graph-visitor-of", "identifier", &text);
        let place = self.placed.len();
        self.place("visitor", title, "#timeline".to_owned(), 1, Some(root));
        self.placed[place].node.y = self.leaf();
    }

    fn place(&mut self, kind: &'static str, title: String, href: String, depth: u32, parent: Option<usize>) {
        let of = parent.map(|parent| self.placed[parent].node.title.clone());
        let node = Node {
            x: 0,
            y: 0,
            kind,
            label: label(&title),
            title,
            href,
            of: of.unwrap_or_default(),
        };
        self.placed.push(Placed { node, depth, parent });
    }

    /// The height of the next leaf on the left.
    fn leaf(&mut self) -> u32 {
        self.leaves += 1;
        MARGIN + (self.leaves - 1) * (NODE.1 + GAP)
    }

    /// Puts the columns beside each other, and draws the edges.
    fn finish(mut self, root: usize, held: &[&HeldIdentifier], left_out: u64) -> Graph {
        let columns = self.placed.iter().map(|placed| placed.depth).max().unwrap_or_default();
        let right = u32::try_from(held.len()).unwrap_or_default();
        let rows = self.leaves.max(right).max(1);
        let height = 2 * MARGIN + rows * NODE.1 + (rows - 1) * GAP;
        let middle = (height - NODE.1) / 2;
        let shift = (rows - self.leaves.max(1)) * (NODE.1 + GAP) / 2;
        for placed in &mut self.placed {
            placed.node.x = MARGIN + (columns - placed.depth) * (NODE.0 + BETWEEN);
            placed.node.y += shift;
        }
        self.placed[root].node.y = middle;
        let center = self.placed[root].node.clone();
        let mut edges = Vec::new();
        for placed in &self.placed {
            if let Some(parent) = placed.parent {
                edges.push(Edge::between(&placed.node, &self.placed[parent].node));
            }
        }
        let mut nodes: Vec<Node> = self.placed.into_iter().map(|placed| placed.node).collect();
        let shift = (rows - right.max(1)) * (NODE.1 + GAP) / 2;
        for (row, held) in (0..).zip(held) {
            let title = identifier(&held.identifier, self.texts);
            let node = Node {
                x: center.x + NODE.0 + BETWEEN,
                y: MARGIN + shift + row * (NODE.1 + GAP),
                kind: if held.is_visible() { "identifier" } else { "hidden" },
                label: label(&title),
                title,
                href: link(held),
                of: self.texts.with("contact-title", "id", &held.home.to_string()),
            };
            edges.push(Edge::between(&center, &node));
            nodes.push(node);
        }
        let last = if held.is_empty() { 0 } else { NODE.0 + BETWEEN };
        Graph {
            width: center.x + NODE.0 + last + MARGIN,
            height,
            node: NODE,
            nodes,
            edges,
            left_out,
        }
    }
}

impl Edge {
    /// From the right side of a node to the left side of another one.
    fn between(left: &Node, right: &Node) -> Self {
        let (x, y) = (left.x + NODE.0, left.y + NODE.1 / 2);
        let (to_x, to_y) = (right.x, right.y + NODE.1 / 2);
        let bend = x.midpoint(to_x);
        Self {
            path: format!("M{x} {y}C{bend} {y} {bend} {to_y} {to_x} {to_y}"),
        }
    }
}

fn label(title: &str) -> String {
    if title.chars().count() <= LABEL {
        return title.to_owned();
    }
    let mut label: String = title.chars().take(LABEL - 1).collect();
    label.push('…');
    label
}

/// The link of an identifier: to the other contacts that hold it, for the kinds that contacts are searched by.
fn link(held: &HeldIdentifier) -> String {
    let by = match held.kind() {
        IdentifierKind::ExternalId => "external_id",
        IdentifierKind::Email => "email",
        IdentifierKind::Phone => "phone",
        _ => return "#identifiers".to_owned(),
    };
    let q = utf8_percent_encode(&held.identifier.typed, NON_ALPHANUMERIC);
    format!("/contacts?by={by}&q={q}")
}
