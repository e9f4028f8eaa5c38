#include "truckee/actors/gateway/asked_change.hpp"
#include "truckee/actors/gateway/gateway_state.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/base/joined.hpp"
#include "truckee/settings/grid_changes.hpp"

#include <algorithm>

namespace truckee::actors {

namespace {

constexpr std::size_t changes_waiting_max = 16;

gateway_limits with_limits(gateway_limits out, const settings::limit_settings& set) {
  out.content_bytes_max = set.content_bytes.value_or(out.content_bytes_max);
  out.subscribers_max = set.subscribers.value_or(out.subscribers_max);
  auto& door = out.admission;
  door.held_bytes_max = set.held_bytes.value_or(door.held_bytes_max);
  door.operations_max = set.operations.value_or(door.operations_max);
  door.operations_per_caller_max = set.operations_per_caller.value_or(door.operations_per_caller_max);
  return out;
}

grid::grid_limits with_limits(grid::grid_limits out, const settings::limit_settings& set) {
  if (set.publish_deadline)
    out.publish_deadline = *set.publish_deadline;
  if (set.server_deadline)
    out.server_deadline_base = *set.server_deadline;
  if (set.patience)
    out.slow_least = *set.patience;
  return out;
}

/// Who asked, for the log.
std::string name_of(const caller& who) {
  return who.local ? "this process" : who.node ? caf::to_string(who.node) : "nobody";
}

template <class A, class B>
bool same(const A& a, const B& b) {
  return a && b && messages::same_actor(a.address(), b.address());
}

} // namespace

namespace gateway {

struct state::next_grid {
  settings::grid_changes changes;
  /// One a server: what runs already, or nothing.
  std::vector<std::optional<gateway_server>> links;
  /// A server without a link.
  struct opening {
    std::size_t at = 0;
    messages::storage_server store = {};          ///< where that runs already
    std::optional<gateway_server> otherwise = {}; ///< it was absent, and stays so where it cannot be opened
  };
  std::vector<opening> to_open;
  std::vector<gateway_keeper::start>
      starts; ///< of to_open, once they are opened; empty where it stays absent
};

struct state::opened_servers {
  std::vector<gateway_keeper::start> starts;
  bool other_certificate = false; ///< TLS goes on with it
};

caf::result<grid_in_use> state::on_use_grid(const use_grid& x) {
  auto promise = self_->template make_response_promise<grid_in_use>();
  take_change(
      {.by = {self_->node(), 0, true}, .file = x.grid, .answer = [promise](change_answer how) mutable {
         promise.deliver(grid_in_use{how.ok ? std::nullopt : std::optional(how.failure.detail),
                                     std::move(how.changed), std::move(how.needs_restart)});
       }});
  return promise;
}

caf::result<change_answer> state::on_change(const change_request& x) {
  const auto who = asking();
  auto promise = self_->template make_response_promise<change_answer>();
  take_change({.by = who, .asked = x, .answer = [promise](change_answer how) mutable {
                 promise.deliver(std::move(how));
               }});
  return promise;
}

void state::take_change(change x) {
  if (!options_.grid || !options_.keeper)
    return x.answer({false, {errc::refused, "this gateway was started without a grid file"}, {}, {}});
  if (changes_.size() >= changes_waiting_max)
    return x.answer({false, {errc::refused, "too many changes wait; ask again later"}, {}, {}});
  changes_.push_back(std::move(x));
  if (changes_.size() == 1)
    next_change();
}

void state::next_change() {
  const auto& x = changes_.front();
  if (stopping_)
    return end_change(fail(errc::refused, "the gateway is stopping"));
  if (x.file)
    return prepare(*x.file);
  if (!x.asked.read_file)
    return prepare(*options_.grid);
  offload(
      self_, *services_->blocking, [keeper = options_.keeper] { return keeper->read_again(); },
      [this](const result<settings::grid_config>& read) {
        if (read)
          prepare(*read);
        else
          end_change(tl::unexpected(read.error()));
      });
}

/// Finds out what has to be opened, and opens it in a thread that may block.
void state::prepare(const settings::grid_config& from) {
  const auto wanted = with_changes(from, changes_.front().asked);
  if (!wanted)
    return end_change(tl::unexpected(wanted.error()));
  const auto& now = *options_.grid;
  next_grid next{settings::changes_between(now, *wanted), {}, {}, {}};
  const auto& grid = next.changes.in_use;
  const bool links_hold = settings::same_link_limits(now.limits, grid.limits);
  for (const auto& server : grid.servers) {
    const auto before = std::ranges::find(now.servers, server.name, &settings::server_config::name);
    const auto place = static_cast<std::size_t>(before - now.servers.begin());
    const auto* running = before == now.servers.end() ? nullptr : &(*servers_)[place];
    next.links.emplace_back();
    const bool same_server = running != nullptr && settings::is_same_server(*before, server);
    if (same_server && links_hold && !running->absent) {
      next.links.back() = *running;
      continue;
    }
    messages::storage_server store;
    if (running != nullptr && before->where == server.where)
      store = running->store;
    for (const auto& each : retired_)
      if (each.was.name == server.name && each.was.where == server.where)
        store = each.server.store;
    next.to_open.push_back({next.links.size() - 1, std::move(store),
                            same_server && running->absent ? std::optional(*running) : std::nullopt});
  }
  // Whoever has the grid file read has its TLS files read, too: a certificate that was renewed has the same name.
  const auto& asked = changes_.front();
  const auto tls = asked.file || asked.asked.read_file ? grid.tls : std::nullopt;
  if (next.to_open.empty() && !tls)
    return take_on(std::move(next));
  // Copies, made before `next` moves into the last argument.
  auto to_open = next.to_open;
  auto opened_for = grid;
  offload(
      self_, *services_->blocking,
      [keeper = options_.keeper, grid = std::move(opened_for), to_open = std::move(to_open),
       tls]() -> result<opened_servers> {
        opened_servers out;
        for (const auto& each : to_open) {
          auto opened = keeper->open(grid.servers[each.at], grid, each.store);
          if (!opened && !each.otherwise)
            return tl::unexpected(opened.error());
          out.starts.push_back(opened ? std::move(*opened) : gateway_keeper::start{});
        }
        // The last, for it cannot be taken back.
        if (tls) {
          const auto renewed = keeper->use_tls(*tls);
          if (!renewed)
            return tl::unexpected(renewed.error());
          out.other_certificate = *renewed;
        }
        return out;
      },
      [this, next = std::move(next)](result<opened_servers>&& opened) mutable {
        if (!opened)
          return end_change(tl::unexpected(opened.error()));
        next.starts = std::move(opened->starts);
        if (opened->other_certificate)
          next.changes.changed.emplace_back("[tls] the certificate is another one");
        take_on(std::move(next));
      });
}

void state::take_on(next_grid next) {
  const auto before = std::move(servers_);
  const auto was = options_.grid;
  servers_ = servers_of(next);
  run_with(std::make_shared<const settings::grid_config>(std::move(next.changes.in_use)));
  options_.keeper->runs_with(options_.grid);
  for (std::size_t i = 0; i < before->size(); ++i)
    if (std::ranges::none_of(*servers_, [&](const auto& x) { return same(x.link, (*before)[i].link); }))
      retired_.push_back({was->servers[i], (*before)[i]});
  measure();
  end_change(change_answer{true, {}, std::move(next.changes.changed), std::move(next.changes.needs_restart)});
  end_retired();
}

/// Starts what was opened.
gateway_servers state::servers_of(const next_grid& next) {
  auto links = next.links;
  for (std::size_t i = 0; i < next.to_open.size(); ++i) {
    const auto& [at, kept, otherwise] = next.to_open[i];
    if (!next.starts[i]) {
      links[at] = otherwise;
      continue;
    }
    const auto& called = next.changes.in_use.servers[at].name;
    const auto started = next.starts[i]();
    if (started.store && !same(started.store, kept))
      options_.keeper->joins("store " + called, caf::actor_cast<caf::actor>(started.store));
    options_.keeper->joins("link to " + called, caf::actor_cast<caf::actor>(started.link));
    links[at].emplace();
    links[at]->name = called;
    links[at]->link = started.link;
    links[at]->store = started.store;
    links[at]->pinned = next.changes.in_use.servers[at].id;
  }
  auto out = std::make_shared<std::vector<gateway_server>>();
  for (auto& link : links)
    out->push_back(std::move(*link));
  return out;
}

void state::end_change(result<change_answer> how) {
  const auto by = name_of(changes_.front().by);
  if (how)
    logs::say(services_->log, logs::events::settings_changed,
              {{"by", by}, {"changed", joined(how->changed)}, {"needs_restart", joined(how->needs_restart)}});
  else
    logs::say(services_->log, logs::events::settings_refused, {{"by", by}, {"detail", how.error().detail}});
  changes_.front().answer(how ? std::move(*how) : change_answer{false, how.error(), {}, {}});
  changes_.pop_front();
  if (!changes_.empty())
    next_change();
}

/// A link ends with the last operation that began with it, and a store with the last link to it.
void state::end_retired() {
  std::vector<caf::actor> ends;
  std::erase_if(retired_, [&](const retired& x) {
    if (table_.uses(x.server.link))
      return false;
    ends.push_back(caf::actor_cast<caf::actor>(x.server.link));
    if (x.server.store)
      ends.push_back(caf::actor_cast<caf::actor>(x.server.store));
    return true;
  });
  for (const auto& each : ends) {
    const bool still_used =
        std::ranges::any_of(*servers_, [&](const auto& x) { return same(x.store, each); }) ||
        std::ranges::any_of(retired_, [&](const auto& x) { return same(x.server.store, each); });
    if (!still_used)
      options_.keeper->leaves(each);
  }
}

/// Operations that run go on with what they began with.
void state::run_with(std::shared_ptr<const settings::grid_config> grid) {
  auto servers = std::make_shared<std::vector<gateway_server>>(*servers_);
  for (std::size_t i = 0; i < servers->size(); ++i) {
    const auto& wanted = grid->servers[i];
    auto& server = (*servers)[i];
    server.preferred = wanted.preferred;
    server.permutation_seed = wanted.permutation_seed;
    server.drain = wanted.drain;
  }
  servers_ = std::move(servers);
  options_.defaults = grid->encoding;
  options_.strict.reset();
  if (grid->order == grid::order_name::strict)
    options_.strict = grid->strict;
  options_.read_only = grid->read_only;
  limits_ = with_limits(options_.limits, grid->limits);
  admission_.limits_are(limits_.admission);
  auto shared = std::make_shared<services>(*services_);
  shared->limits = with_limits(own_limits_, grid->limits);
  services_ = std::move(shared);
  send(self_, keys_, keep_keys{grid->limits.keys_ready.value_or(options_.keys_ready)});
  if (services_->budget)
    send(self_, services_->budget,
         allow_bytes{grid->limits.in_flight_bytes.value_or(options_.in_flight_bytes)});
  options_.grid = std::move(grid);
}

} // namespace gateway

} // namespace truckee::actors
