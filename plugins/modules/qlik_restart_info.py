#!/usr/bin/python
# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qlik_restart_info
short_description: Tell whether a proxy node may be taken out and restarted now
version_added: 0.1.0
description:
  - Looks at the site and at what a load balancer says of all its servers, and answers whether one proxy node of a
    client-managed Qlik Sense site may be restarted, with every reason against it and the option that accepts it.
  - A restart is never allowed if no other node would be left that takes new users for a virtual proxy of the node, by
    whichever of site and balancer knows, or while another node is out.
  - Ask it again before each step that cannot be taken back, with O(step). What allowed a restart an hour ago need not
    allow it now. The role P(qlikops.sense.proxy_restart#role) does so four times.
  - That a restart is not allowed is a result, not a failure of the module, unless O(refuse) is set.
author:
  - Contributors to the qlikops.sense project (@qlikops)
extends_documentation_fragment:
  - qlikops.sense._connection
  - qlikops.sense._attributes
  - qlikops.sense._attributes.info_module
  - qlikops.sense._attributes.actiongroup_qlik
options:
  node:
    description:
      - The node, by its name, its host name, or the id of its proxy service. One the site does not have is an error.
    type: str
    required: true
  step:
    description:
      - What comes next. V(begin) is the first look. V(cordoned) is the look after the node was taken out of the
        balancer. Of two runs that have each drained a node, the one whose node has the lower id goes on when the other
        has given way; RV(may_pass) tells it to wait for that.
      - V(ending) is the look before sessions are ended, V(stopping) that before the service is stopped. From
        V(cordoned) on the node must be out of the balancer.
      - V(lookup) decides nothing. It finds the node and reads O(plan), and asks no proxy service.
    type: str
    choices: [lookup, begin, cordoned, ending, stopping]
    default: begin
  balancer:
    description:
      - What each balancer says. The result of M(qlikops.sense.haproxy_server) can be given as it is.
      - C(state) is the state of the node in the balancer, V(ready), V(drain) or V(maint). C(servers) are all its
        servers, each with C(backend), C(name), C(state), C(health), C(weight), C(address) and C(port). C(elsewhere) are
        servers of other backends at the address of the node. Where the balancer can't tell that much, C(others_out)
        names the nodes that are out.
      - Without it there is no balancer.
    type: list
    elements: dict
  server:
    description: Name of the node's server in the balancer. The name of the node unless given.
    type: str
  balancer_address:
    description:
      - Addresses under which the balancer knows the node, where they are neither its host name, nor its address in
        O(host_map), nor what these resolve to on the host that runs the module. Each may have a port, as
        V(192.0.2.11:443).
    type: list
    elements: str
  accept_central:
    description: Whether the central node may be restarted.
    type: bool
    default: false
  accept_outage:
    description: Whether virtual proxies may be cut off that nobody else serves.
    type: bool
    default: false
  accept_node_down:
    description: Whether a node may be restarted whose proxy service is not alive.
    type: bool
    default: false
  accept_drained:
    description: Whether a node may be restarted that somebody else has drained in the balancer.
    type: bool
    default: false
  accept_others_out:
    description: Nodes that may be out at the same time, by name, host name, id, or the name of their server.
    type: list
    elements: str
  stops:
    description:
      - What the restart stops. V(proxy) is the proxy service alone. With V(services), others such as those of engine
        and scheduler, the tasks that run on the node are killed. With V(node), all services or Windows itself, a
        central node is silent for a while as well, and another node may take its role.
      - Tasks are a reason from the step V(ending) on, so that they may end while users leave. What QRS does not tell
        counts as a reason from the first look on.
    type: str
    choices: [proxy, services, node]
    default: proxy
  accept_running_tasks:
    description: Whether tasks that run on the node may be killed, where O(stops) is not V(proxy).
    type: bool
    default: false
  accept_failover:
    description: Whether another node may become the central one, where O(stops=node).
    type: bool
    default: false
  move_central:
    description:
      - Name of a failover candidate that gets the role of the central node before O(node) is stopped, where that is
        central and O(stops=node). M(qlikops.sense.qlik_failover) can move it. Then the failover is no reason before
        O(step=stopping).
    type: str
  central_away:
    description:
      - Other nodes whose central role an earlier run has moved and not moved back, as returned by
        M(qlikops.sense.restart_lease). Those that are central according to QRS are passed over. Where one of
        O(back_by_then) gets its role back before, it is no reason that O(node) has it now.
    type: list
    elements: dict
  central_left_on:
    description: The name of the node that an earlier run has moved the central role of O(node) to.
    type: str
  drained_by_us:
    description: Whether it is known that an earlier run of this collection has drained the node, and did not end.
    type: bool
    default: false
  adopted:
    description: Whether the node was found drained at the first look, RV(adopted) of it.
    type: bool
    default: false
  out_before:
    description:
      - The ids of the nodes that were out at the first look, RV(out_before) of it. None of them is a run that gives
        way.
    type: list
    elements: str
  known_as:
    description: The hosts of the play that stand for the node. More than one is a reason not to restart it.
    type: list
    elements: str
  asked_for:
    description: Whether the node was asked for by name. Then the central node is not left alone, but refused.
    type: bool
    default: true
  problems:
    description: What else is known to forbid it, as sentences.
    type: list
    elements: str
  refuse:
    description: Whether the module fails where a restart is not allowed, with the reasons as its message.
    type: bool
    default: false
  back_by_then:
    description:
      - Other nodes, by name, host name or id, that are out now and will be back before this one is restarted, because
        they are finished first. They are taken to be well.
    type: list
    elements: str
  window:
    description:
      - The hours in which the node may be restarted, with C(start) and C(end) such as V("22:00"), in quotes, and
        C(time_zone) such as V(Europe/Berlin).
    type: dict
  window_needs:
    description: How many seconds the window has to stay open for RV(notes) not to say that it may be too short.
    type: int
    default: 0
  exclude_users:
    description: Users that do not count as affected, as in M(qlikops.sense.qlik_session_info).
    type: list
    elements: str
  plan:
    description:
      - What the restart is to do. It is checked, completed by defaults, and returned as RV(plan), so that a playbook
        can rely on lists being lists and numbers being numbers, whatever was typed.
    type: dict
    suboptions:
      method:
        description: V(windows_service), V(windows_reboot), or the absolute path of a task file.
        type: str
        default: windows_service
      services:
        description: Services to restart. V(windows_service) needs one at least.
        type: list
        elements: str
        default:
          - QlikSenseProxyService
      notify:
        description: Channels, V(banner), V(mail), V(teams) and V(slack), and absolute paths of task files.
        type: list
        elements: str
      before:
        description: Absolute paths of task files to include before anything is done.
        type: list
        elements: str
      after:
        description: Absolute paths of task files to include when the node is back.
        type: list
        elements: str
      ignore_users:
        description: Users that are neither waited for nor ended.
        type: list
        elements: str
        default:
          - INTERNAL\*
      balancer:
        description: V(none), V(haproxy), or the absolute path of a task file.
        type: str
        default: none
      report_dir:
        description: Absolute path of the directory for reports. Without it there are none.
        type: str
      stops:
        description: What the method stops, if it is more or less than the module concludes from the method.
        type: str
        choices:
          - proxy
          - services
          - node
      drain_timeout:
        description: How many seconds to wait for users to leave, at most a week.
        type: int
        default: 1800
      drain_interval:
        description: How many seconds between two looks, from 1 to 3600.
        type: int
        default: 10
      reboot_timeout:
        description: How many seconds a reboot may take, from 1 to 86400.
        type: int
        default: 1800
      verify_timeout:
        description: How many seconds a node may take to be back, from 1 to 86400.
        type: int
        default: 600
      verify_interval:
        description: How many seconds between two looks, from 1 to 3600.
        type: int
        default: 5
  option_names:
    description:
      - What the options are called for the person who reads RV(message), by their names here, such as
        C(accept_outage=proxy_restart_accept_outage).
    type: dict
    default: {}
  count_affected:
    description: Whether the sessions of the whole site are listed, to tell who is affected.
    type: bool
    default: true
seealso:
  - module: qlikops.sense.haproxy_server
  - module: qlikops.sense.qlik_proxy_info
"""

EXAMPLES = r"""
- name: See whether a node may be restarted
  qlikops.sense.qlik_restart_info:
    host: qlik1.example.com
    client_cert: /etc/qlik/client.pem
    client_key: /etc/qlik/client_key.pem
    ca_path: /etc/qlik/root.pem
    node: qlik2.example.com
    balancer:
      - state: ready
        others_out: []
  register: answer

- name: Show why not
  ansible.builtin.debug:
    msg: "{{ answer.message or 'It may be restarted.' }}"
"""

RETURN = r"""
allowed:
  description: Whether the node may be restarted.
  returned: success
  type: bool
  sample: false
reasons:
  description: Every reason against it.
  returned: success
  type: list
  elements: dict
  contains:
    key:
      description: The reason as a word.
      type: str
      choices:
        - central
        - window
        - wrong_server
        - other_backend
        - unknown_state
        - drained
        - not_out
        - node_down
        - others_out
        - outage
        - two_names
        - not_ready
        - running_tasks
        - tasks_unknown
        - failover
        - no_candidate
      sample: others_out
    words:
      description: The reason as a sentence.
      type: str
      sample: "Another node is out: qlik3 (qlik/qlik3 in maintenance)."
    accepted_by:
      description: The option that accepts it, empty if none does.
      type: str
      sample: accept_others_out
    advice:
      description: What to do about it, as a sentence.
      type: str
      sample: Two nodes are never taken out at once. Bring them back first, or name them in accept_others_out.
message:
  description: All reasons and what to do about them, as one text. Empty where there are none.
  returned: success
  type: str
  sample: "Another node is out: qlik3 (qlik/qlik3 in maintenance). Two nodes are never taken out at once. See to these
    first, or name them in accept_others_out."
may_pass:
  description: Whether nothing forbids it but other runs that have to give way to this one, and may do so in a moment.
  returned: success, and with O(refuse)
  type: bool
  sample: false
plan:
  description: O(plan) with its defaults. Empty if not given.
  returned: success
  type: dict
  contains:
    method:
      description: How to restart.
      type: str
      sample: windows_service
    services:
      description: Services to restart.
      type: list
      elements: str
      sample: [QlikSenseProxyService]
    notify:
      description: Channels and task files.
      type: list
      elements: str
      sample: [banner]
    before:
      description: Task files to include first.
      type: list
      elements: str
      sample: []
    after:
      description: Task files to include last.
      type: list
      elements: str
      sample: []
    ignore_users:
      description: Users that are neither waited for nor ended.
      type: list
      elements: str
      sample: ['INTERNAL\*']
    drain_timeout:
      description: Seconds to wait for users.
      type: int
      sample: 1800
    drain_interval:
      description: Seconds between two looks.
      type: int
      sample: 10
    reboot_timeout:
      description: Seconds a reboot may take.
      type: int
      sample: 1800
    verify_timeout:
      description: Seconds the node may take to be back.
      type: int
      sample: 600
    verify_interval:
      description: Seconds between two looks.
      type: int
      sample: 5
    balancer:
      description: The balancer.
      type: str
      sample: haproxy
    report_dir:
      description: Directory for reports, empty for none.
      type: str
      sample: ""
    stops:
      description:
        - What the method stops, for O(stops). V(windows_service) with the proxy service alone stops V(proxy), with
          those of engine, scheduler or printing V(services), and with any other service the V(node). V(windows_reboot)
          stops the V(node). A task file counts as V(proxy) unless C(stops) of O(plan) says otherwise.
      type: str
      choices: [proxy, services, node]
      sample: proxy
    method_file:
      description: The task file that restarts the node, one of the role P(qlikops.sense.proxy_restart#role).
      type: str
      sample: restart_windows_service
    phases:
      description:
        - What is done, in this order, without what has nothing to do. In check mode only what changes nothing. Each is
          a task file of the role P(qlikops.sense.proxy_restart#role).
      type: list
      elements: str
      sample: [ready, look_haproxy, drain_haproxy, restart_windows_service, verify_haproxy]
    hold:
      description:
        - For how many seconds each phase of P(qlikops.sense.proxy_restart#role) needs its lease, by its name.
      type: dict
      sample: {cordon: 1200, drain: 1200, restart: 1800}
notes:
  description: Sentences about what does not forbid it.
  returned: success
  type: list
  elements: str
  sample: ["The maintenance window stays open for 900 seconds, and 1800 may be needed."]
node:
  description: The node.
  returned: success, and with O(refuse)
  type: dict
  contains:
    id:
      description: Id of the proxy service in QRS.
      type: str
      sample: 9d5d7900-3e52-4f22-b6b9-51f38a3afe86
    name:
      description: Name of the node.
      type: str
      sample: Node2
    host_name:
      description: Host name of the node.
      type: str
      sample: qlik2.example.com
    qps_port:
      description: Port of the proxy service's API.
      type: int
      sample: 4243
    listen_port:
      description: Port where users come in, null if QRS names none.
      type: int
      sample: 443
    virtual_proxies:
      description: Prefixes of the virtual proxies linked to it.
      type: list
      elements: str
      sample: ["", sales]
    central:
      description: Whether it is the central node.
      type: bool
      sample: false
    heartbeat_age:
      description: Seconds since QRS last heard of the node, null if not known.
      type: int
      sample: 4
    alive:
      description: Whether the proxy service says it is alive.
      type: bool
      sample: true
    reason:
      description: Why it could not be asked, empty if it could.
      type: str
      sample: ""
out:
  description: Other nodes that are out, also where that was accepted.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the proxy service, empty for a server of no known node.
      type: str
      sample: 9d5d7900-3e52-4f22-b6b9-51f38a3afe86
    node:
      description: Name of the node, or of the server.
      type: str
      sample: Node3
    why:
      description: Why it is out.
      type: str
      sample: qlik/qlik3 in maintenance
adopted:
  description:
    - At the first look whether the node is drained already and may be restarted all the same, else O(adopted), for the
      next look.
  returned: success
  type: bool
  sample: false
out_before:
  description: At the first look the ids of the nodes that are out, else O(out_before), for the next look.
  returned: success
  type: list
  elements: str
  sample: []
uncovered:
  description: Prefixes of virtual proxies that nobody else would serve, also where that was accepted.
  returned: success
  type: list
  elements: str
  sample: [sales]
place:
  description:
    - Its place in the order of a rolling restart. V(begun) comes first, which an earlier run has left out or without
      its central role, then V(rim), then V(central). V(left_alone) is a central node that was not asked for, V(refused)
      one that may not be restarted.
  returned: success
  type: str
  sample: rim
balancer_state:
  description: The state of the node in the balancer, V(ready), V(drain), V(maint) or V(unknown). Empty without one.
  returned: success
  type: str
  sample: ready
window:
  description: How long the window stays open, or that it is closed. Empty without one.
  returned: success
  type: str
  sample: open for 2 h 10 min
affected:
  description: Who is affected, empty unless O(count_affected).
  returned: success
  type: dict
  contains:
    sessions:
      description: Sessions on the node.
      type: int
      sample: 41
    users:
      description: Users who have them, each with C(user), C(sessions), and C(elsewhere), sessions on other nodes.
      type: list
      elements: dict
      sample: [{user: 'LAB\anna', sessions: 2, elsewhere: 0}]
    virtual_proxies:
      description: Sessions by prefix.
      type: dict
      sample: {"": 30, sales: 11}
    complete:
      description: Whether all lists of the node could be read. Those of other nodes may be missing.
      type: bool
      sample: true
site:
  description: A name of the site, the same whichever of its nodes is asked, for M(qlikops.sense.restart_lease).
  returned: success, and with O(refuse)
  type: str
  sample: 0c1d2e3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f
running_tasks:
  description:
    - Tasks that run on the node, also where that was accepted. Those of which QRS does not say where they run are among
      them. Null if QRS does not tell.
  returned: success, and with O(refuse)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the task.
      type: str
      sample: Nightly
    kind:
      description: What it does.
      type: str
      choices: [reload, user_sync, external_program]
      sample: reload
    app:
      description: The app that is reloaded.
      type: str
      sample: Sales
    user:
      description: Who has started it.
      type: str
      sample: INTERNAL\sa_scheduler
    node:
      description: Host name of the node it runs on, empty if QRS does not say.
      type: str
      sample: qlik2.example.com
    started:
      description: When it began.
      type: str
      sample: "2026-01-15T09:12:00.000Z"
awaits_tasks:
  description:
    - Whether the tasks on the node have to end before it is restarted, because O(stops) kills them and
      O(accept_running_tasks) is not set. M(qlikops.sense.qlik_session_wait) can wait for them.
  returned: success
  type: bool
  sample: false
moves_central:
  description: Whether the node has the central role, and it is to be moved as O(move_central) says.
  returned: success
  type: bool
  sample: false
central_away:
  description: Which of O(central_away) are still away, as sentences.
  returned: success
  type: list
  elements: str
  sample: []
failover:
  description:
    - How many seconds the central node may be silent before another one takes its role, as C(timeout), and the names of
      the other nodes that may, as C(candidates). Each is null if QRS does not tell.
  returned: success, and with O(refuse)
  type: dict
  sample: {timeout: 600, candidates: [Node3]}
observed_at:
  description: When it was looked at.
  returned: success
  type: str
  sample: "2026-01-15T09:30:00Z"
failure:
  description:
    - Why the module could not answer, for programs. C(kind) is a word, C(reason) and C(hint) are what C(msg) says.
      If a request failed, C(request), C(status) and the server's C(words) say more.
  returned: when it could not
  type: dict
  sample:
    kind: bad_option
    reason: "node: the site has no 'qlik7'."
    hint: "It has: Central (qlik1.example.com), Node2 (qlik2.example.com)."
    request: GET https://qlik1.example.com:4242/qrs/proxyservice/full
    status: null
    words: ""
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.qlikops.sense.plugins.module_utils._model.age import iso
from ansible_collections.qlikops.sense.plugins.module_utils._model.proxy_node import ProxyNode
from ansible_collections.qlikops.sense.plugins.module_utils._model.site import ProxyService, Topology
from ansible_collections.qlikops.sense.plugins.module_utils._module import QlikModule, errors_as_failures
from ansible_collections.qlikops.sense.plugins.module_utils._restart_site import count_affected, find_proxy, proxy_nodes
from ansible_collections.qlikops.sense.plugins.module_utils._result import proxy_result
from ansible_collections.qlikops.sense.plugins.module_utils._rules.balancer import DRAIN, balancer_view
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart import answer, notes_on_tasks
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_central import (
    central_still_away,
    notes_on_central,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_plan import SPEC, read_plan
from ansible_collections.qlikops.sense.plugins.module_utils._rules.restart_question import (
    BEGIN,
    PROXY,
    STEPS,
    STOPS,
    Accepted,
    Answer,
    Away,
    Question,
)
from ansible_collections.qlikops.sense.plugins.module_utils._rules.window import Window
from ansible_collections.qlikops.sense.plugins.module_utils._site import Site
from ansible_collections.qlikops.sense.plugins.module_utils._words import non_empty

LOOKUP = "lookup"


def main() -> None:
    module = QlikModule(
        argument_spec={
            "node": {"type": "str", "required": True},
            "step": {"type": "str", "choices": [LOOKUP, *STEPS], "default": BEGIN},
            "balancer": {"type": "list", "elements": "dict"},
            "server": {"type": "str"},
            "balancer_address": {"type": "list", "elements": "str"},
            "accept_central": {"type": "bool", "default": False},
            "accept_outage": {"type": "bool", "default": False},
            "accept_node_down": {"type": "bool", "default": False},
            "accept_drained": {"type": "bool", "default": False},
            "accept_others_out": {"type": "list", "elements": "str"},
            "stops": {"type": "str", "choices": list(STOPS), "default": PROXY},
            "accept_running_tasks": {"type": "bool", "default": False},
            "accept_failover": {"type": "bool", "default": False},
            "move_central": {"type": "str"},
            "central_away": {"type": "list", "elements": "dict"},
            "central_left_on": {"type": "str"},
            "drained_by_us": {"type": "bool", "default": False},
            "adopted": {"type": "bool", "default": False},
            "out_before": {"type": "list", "elements": "str"},
            "back_by_then": {"type": "list", "elements": "str"},
            "known_as": {"type": "list", "elements": "str"},
            "asked_for": {"type": "bool", "default": True},
            "problems": {"type": "list", "elements": "str"},
            "refuse": {"type": "bool", "default": False},
            "window": {"type": "dict"},
            "window_needs": {"type": "int", "default": 0},
            "exclude_users": {"type": "list", "elements": "str"},
            "plan": {"type": "dict", "options": SPEC},
            "option_names": {"type": "dict", "default": {}},
            "count_affected": {"type": "bool", "default": True},
        }
    )
    options = module.params
    with errors_as_failures(module):
        now = datetime.now(timezone.utc)
        called = {name: str(known_as) for name, known_as in options["option_names"].items()}
        plan = read_plan(options["plan"], called, module.check_mode) if options["plan"] else {}
        window = Window.from_option("window", options["window"]) if options["window"] else None
        connection = module.connection()
        with Site(connection) as site:
            topology = site.topology()
            proxy = find_proxy(topology, options["node"])
            if options["step"] == LOOKUP:
                module.exit_json(changed=False, plan=plan, **who(topology, proxy), observed_at=iso(now))
            nodes = proxy_nodes(site, topology, connection, proxy, options)
            affected = count_affected(
                site, topology, proxy, non_empty(options["exclude_users"]), options["count_affected"]
            )
            upkeep = site.cluster().upkeep(proxy.node, now)
        node = nodes.pop(proxy.id)
        view = balancer_view(options["balancer"], options["server"] or node.name)
        question = Question(
            node,
            tuple(nodes.values()),
            view,
            options["step"],
            accepted_of(options),
            options["drained_by_us"],
            why_closed(window, now),
            frozenset(non_empty(options["out_before"])),
            non_empty(options["back_by_then"]),
            non_empty(options["known_as"]),
            non_empty(options["problems"]),
            options["stops"],
            upkeep,
            (options["move_central"] or "").strip(),
            tuple(map(Away.from_option, options["central_away"] or ())),
            (options["central_left_on"] or "").strip(),
        )
        given = answer(question)
    seen = {
        **who(
            topology,
            proxy,
            alive=node.alive,
            reason=node.why_down,
            central=node.central,
            heartbeat_age=upkeep.heartbeat_age,
        ),
        **upkeep.as_result(),
    }
    reasons = [reason.as_result(called) for reason in given.reasons]
    message = " ".join(f"{reason['words']} {reason['advice']}".rstrip() for reason in reasons)
    if options["refuse"] and not given.allowed:
        keys = ", ".join(reason["key"] for reason in reasons)
        refused = {"kind": "refused", "reason": keys, "hint": ""}
        module.fail_json(msg=message, failure=refused, may_pass=given.may_pass, **seen)
    adopted = options["adopted"]
    if options["step"] == BEGIN:
        adopted = given.allowed and view is not None and view.state == DRAIN
    module.exit_json(
        changed=False,
        allowed=given.allowed,
        reasons=reasons,
        message=message,
        may_pass=given.may_pass,
        plan=plan,
        notes=[
            *how_adopted(node, adopted, options),
            *why_short(window, now, options["window_needs"]),
            *notes_on_tasks(question),
            *notes_on_central(question),
        ],
        central_away=central_still_away(question),
        adopted=adopted,
        **seen,
        awaits_tasks=question.awaits_tasks,
        moves_central=question.moves_central,
        out=[out.as_result() for out in given.out],
        out_before=[out.id for out in given.out]
        if options["step"] == BEGIN
        else list(non_empty(options["out_before"])),
        uncovered=list(given.uncovered),
        affected=affected,
        place=place(given, question, options),
        balancer_state=view.state if view else "",
        window=window.in_words(now) if window else "",
        observed_at=iso(now),
    )


def who(topology: Topology, proxy: ProxyService, **seen: Any) -> dict[str, Any]:
    """The node and its site, in the shape of the result."""
    return {
        "node": {**proxy_result(proxy), "listen_port": proxy.listen_port, **seen},
        "site": min(known.id for known in topology.proxies),
    }


def place(given: Answer, question: Question, options: Mapping[str, Any]) -> str:
    """Its place in the order of a rolling restart."""
    central, view = question.is_central, question.balancer
    if central and not options["accept_central"] and not options["asked_for"]:
        return "left_alone"
    if not given.allowed:
        return "refused"
    if (view and view.state == DRAIN) or (question.central_left_on and not central):
        return "begun"
    return "central" if central else "rim"


def accepted_of(options: Mapping[str, Any]) -> Accepted:
    return Accepted(
        central=options["accept_central"],
        outage=options["accept_outage"],
        node_down=options["accept_node_down"],
        drained=options["accept_drained"],
        others_out=non_empty(options["accept_others_out"]),
        running_tasks=options["accept_running_tasks"],
        failover=options["accept_failover"],
    )


def why_closed(window: Window | None, now: datetime) -> str:
    if window is None or window.is_open(now):
        return ""
    return (
        f"It is {window.time_there(now)} in {window.zone}, outside of the maintenance window from"
        f" {window.start:%H:%M} to {window.end:%H:%M}."
    )


def how_adopted(node: ProxyNode, adopted: bool, options: Mapping[str, Any]) -> list[str]:
    if not adopted or options["step"] != BEGIN:
        return []
    who = "an earlier run has drained it" if options["drained_by_us"] else "that was accepted"
    return [f"{node.name} is found drained, and taken over: {who}."]


def why_short(window: Window | None, now: datetime, needed: int) -> list[str]:
    left = window.seconds_left(now) if window else 0
    if not 0 < left < needed:
        return []
    return [f"The maintenance window stays open for {left:.0f} seconds, and {needed} may be needed."]


if __name__ == "__main__":
    main()
