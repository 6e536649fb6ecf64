# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection qlikops.sense: it may change at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
notes:
  - The selection options narrow down the sessions of the whole site. Different options are joined by I(and), the
    entries of one list by I(or). Case is ignored character by character, as databases do, so V(ß) and V(SS) differ.
  - O(any_of) is one more of these options. A session must fit them, and one of the rules.
  - Where a name or a pattern is meant, a number or a truth value is refused, for YAML makes those of V(00042) and
    V(no). Put them in quotes.
  - An empty list, an empty string and a list of empty strings count as not given, as an unanswered question of an AWX
    survey leaves them. Only for an option that has a list as its default is an empty list what it says.
options:
  proxies:
    description:
      - Only sessions on these proxy services, by node name, host name or id of the proxy service. A name that the site
        does not have, or that fits several of them, is an error.
    type: list
    elements: str
  virtual_proxies:
    description:
      - Only sessions of the virtual proxies with these prefixes, with or without a leading slash. V(/) alone is the
        default virtual proxy. Ids of virtual proxies also work. A prefix that the site does not have is an error.
    type: list
    elements: str
  users:
    description:
      - Only sessions of users matching one of these patterns V(DIRECTORY\\id), where V(*) stands for any text and V(?)
        for one character. A pattern without a backslash is compared with the id in every directory.
    type: list
    elements: str
  exclude_users:
    description:
      - No sessions of users matching one of these patterns, written as in O(users).
    type: list
    elements: str
  attributes:
    description:
      - Only sessions that carry all of these attributes, each with a value matching the pattern or one of the list of
        patterns given for its name. Patterns are as in O(users).
    type: dict
  session_refs:
    description:
      - Only the sessions with these references, as returned in C(ref).
    type: list
    elements: str
  session_ids:
    description:
      - Only the sessions with these ids. An id is the value of the session cookie, a secret; prefer O(session_refs).
    type: list
    elements: str
  user_states:
    description:
      - Only sessions of users whom QRS marks with one of these states, or does not know (V(missing)).
      - O(anonymous_users) have none of them. QRS does not know those either, but nobody has removed them.
      - QRS leaves out users that O(api_user) may not read. So with V(missing) the whole site is listed, and the module
        fails unless QRS shows as many users to O(api_user) as to V(INTERNAL\\sa_repository), Qlik's own account, and at
        least nine other users of the same directory for each one it does not show.
      - Only the number of users is asked for as that account, which the certificate allows. Through
        O(qrs_virtual_proxy) that is not possible, so V(missing) is refused there.
    type: list
    elements: str
    choices:
      - inactive
      - blacklisted
      - removed_externally
      - missing
  min_age:
    description:
      - Only sessions that began at least this long ago, such as V(90s), V(15m), V(8h), V(2d) or V(1w). Where QRS does
        not tell when, see O(activity), the time since they were first seen according to O(first_seen) counts.
        A session that is in neither is of unknown age and never old.
      - A number without a unit is refused, for YAML reads C(8:00) as the number 480.
    type: str
  min_idle:
    description:
      - Only sessions of which QRS has noted no activity for at least this long, written as O(min_age). See O(activity).
        A session of which QRS tells nothing is never idle.
      - QRS notes activity late, how late is not known. Whoever was active since is taken for idle, so leave a margin.
    type: str
  keep_per_user:
    description:
      - Only the surplus of users who have more than this number of sessions. The sessions are counted over the whole
        site, which is read whole for it; the surplus is taken from the sessions otherwise selected, longest idle first,
        then oldest first, and where both are unknown or equal in the order of O(sort_by=prefix).
    type: int
  keep_per_virtual_proxy:
    description:
      - Only the surplus of virtual proxies that have more than this number of sessions, over all nodes that serve them.
        The sessions are counted and the surplus is taken as with O(keep_per_user). The two can't be combined; give each
        in a rule of O(any_of).
    type: int
  any_of:
    description:
      - Rules. Only sessions that at least one of them selects. Each is a dictionary of options with the names and the
        meaning of those above, joined by I(and).
      - The rules are applied in their order, and each counts what those before it leave, over the whole site. So no
        more sessions are selected than it takes to satisfy all of them.
      - Each session selected says in the result which C(rule) selected it, and the C(reason) in words.
      - A rule that narrows nothing down is refused, unless O(skip_blank_rules). An exclusion alone narrows nothing
        down, and neither does V(0) as O(any_of[].keep_per_user), nor V(0s) as O(any_of[].min_age) or
        O(any_of[].min_idle).
      - Where QRS may just not show a user, a rule with V(missing) does not select that user, and the result says so in
        RV(ignore:notes).
    type: list
    elements: dict
    suboptions:
      name:
        description: What the rule is called, such as V(old). The names of its options unless given.
        type: str
      proxies:
        description: As O(proxies).
        type: list
        elements: str
      virtual_proxies:
        description: As O(virtual_proxies).
        type: list
        elements: str
      users:
        description: As O(users).
        type: list
        elements: str
      exclude_users:
        description: As O(exclude_users).
        type: list
        elements: str
      attributes:
        description: As O(attributes).
        type: dict
      user_states:
        description: As O(user_states).
        type: list
        elements: str
        choices:
          - inactive
          - blacklisted
          - removed_externally
          - missing
      min_age:
        description: As O(min_age).
        type: str
      min_idle:
        description: As O(min_idle).
        type: str
      keep_per_user:
        description: As O(keep_per_user).
        type: int
      keep_per_virtual_proxy:
        description: As O(keep_per_virtual_proxy).
        type: int
  skip_blank_rules:
    description:
      - Whether to leave out a rule of O(any_of) that narrows nothing down instead of refusing it, for rules that are
        made of the answers to a survey. V(0) counts as no answer there.
      - If no rule is left, no session is selected.
    type: bool
    default: false
  first_seen:
    description:
      - When sessions were first seen, as returned in RV(ignore:first_seen) by an earlier run. Proxy services tell no
        age of a session, so this is where ages come from that QRS does not know.
    type: dict
  memory:
    description:
      - The same as a text, returned in RV(ignore:memory) by an earlier run with O(remember). It also says which site it
        is of and when it was stored.
      - Nothing, an empty text, and a text that can't be read leave all ages unknown; the result says which it was. The
        memory of another site, and one in a format of a later version of this collection, are errors.
    type: raw
  activity:
    description:
      - Whether to ask QRS since when sessions are there and when their users were last active. It notes that in a usage
        row for each session that holds an allocation, which is asked for with five requests beside the lists. Sessions
        without an allocation, such as those of administrators in the QMC, have no row.
      - V(auto) asks where it is of use, in a list that is shown, and where sessions are selected by age, idleness or
        number. What can't be learned is unknown, and RV(ignore:notes) says why in lists and with O(min_idle).
      - V(require) asks in any case, and fails where a list of rows can't be read, where there are none, or where none
        names a session that was listed.
      - V(none) does not ask.
      - Times are compared with QRS's own clock. One that is yet to come, from before any session, or without a time
        zone counts as unknown. Without a zone UTC is assumed only if the latest of these times is from the last
        minutes.
    type: str
    choices:
      - auto
      - require
      - none
    default: auto
  remember:
    description:
      - Whether to read the whole site and return RV(ignore:memory) for the next run, instead of RV(ignore:first_seen).
      - Store it after this run, in place of the old one. A run that is killed before that takes no ages away, for what
        it has not ended is still in the old one.
    type: bool
    default: false
  resolve_users:
    description:
      - Whether to ask QRS for the name, the e-mail addresses and the state of the users selected. Many users are asked
        for with one request.
    type: bool
    default: false
  email_attributes:
    description:
      - Types of the attributes of users in QRS that hold their e-mail addresses, the most important first.
      - For a user who has none there, the attributes of these names of all of the user's sessions that were listed.
      - Only what looks like an address counts. With an empty list nobody has one.
    type: list
    elements: str
    default:
      - email
  anonymous_users:
    description:
      - Users who are visitors without a login, written as in O(users). QRS is not asked for them.
      - If you give some, give the default with them unless no virtual proxy lets anonymous users in. An empty list
        takes all users for such as QRS should know.
    type: list
    elements: str
    default:
      - NONE\*
  service_users:
    description:
      - Users who are service accounts and not people, written as in O(users), unless they are anonymous.
    type: list
    elements: str
    default:
      - INTERNAL\*
  sort_by:
    description:
      - What the sessions are sorted by. V(proxyhost) and V(proxyname) are the host name and the name of the node,
        V(userdir) the user directory, V(userid) the user id, V(username) the name that came with the session.
    type: str
    default: prefix
    choices:
      - prefix
      - proxyhost
      - proxyname
      - userdir
      - userid
      - username
  include_session_ids:
    description:
      - Whether the result holds the ids of the sessions. Whoever reads an id can take the session over.
    type: bool
    default: false
  on_proxy_failure:
    description:
      - What to do when sessions of a proxy service can't be listed. All others are asked in any case.
      - V(fail) fails with what was found in the result. V(warn) goes on with a warning, and the result is marked as not
        complete.
    type: str
    default: fail
    choices:
      - fail
      - warn
"""
