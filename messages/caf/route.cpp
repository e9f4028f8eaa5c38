#include "truckee/messages/caf/route.hpp"

#include "truckee/doors/handshake_words.hpp"
#include "truckee/messages/caf/passages.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/io/scribe.hpp>
#if !TRUCKEE_CAF_1
#include <caf/atom.hpp>
#endif

#include <chrono>
#include <future>
#include <memory>

namespace truckee::messages {

namespace {

caf::io::basp_broker& opened(const caf::actor& broker) {
  return *static_cast<caf::io::basp_broker*>(caf::actor_cast<caf::abstract_actor*>(broker));
}

/// CAF's connections do not say what they are, and the list of them is for derived classes only.
class connections : public caf::io::basp_broker {
public:
  /// In the network thread.
  static const caf::io::scribe* find(caf::io::basp_broker& in, caf::io::connection_handle which) {
    using list_of = scribe_map& (caf::io::abstract_broker::*)(caf::io::connection_handle);
    const list_of list = static_cast<list_of>(&connections::get_map);
    auto& all = (in.*list)(which);
    const auto at = all.find(which);
    return at == all.end() ? nullptr : at->second.get();
  }
};

/// A connection that no porter made, or let in, is taken for plain.
route over(const passage_facts* facts, std::int64_t connection) {
  if (facts == nullptr || !facts->tls)
    return {route_kind::plain, connection, {}};
  return {route_kind::tls, connection, facts->peer};
}

/// In the network thread.
route look_up(caf::io::basp_broker& broker, const caf::node_id& to) {
  if (!broker.alive())
    return {};
  auto& table = broker.instance.tbl();
  if (const auto direct = table.lookup_direct(to))
    return over(facts_of(connections::find(broker, *direct)), direct->id());
  return {table.lookup(to) ? route_kind::relayed : route_kind::none, -1, {}};
}

} // namespace

caf::actor routing_broker(caf::actor_system& system) {
#if TRUCKEE_CAF_1
  return system.middleman().named_broker<caf::io::basp_broker>("BASP");
#else
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
#endif
}

void find_route(caf::actor_system& system, const caf::node_id& to, std::function<void(route)> then) {
  system.middleman().backend().post(
      [broker = routing_broker(system), to, then = std::move(then)] { then(look_up(opened(broker), to)); });
}

route find_route_blocking(caf::actor_system& system, const caf::node_id& to) {
  auto found = std::make_shared<std::promise<route>>();
  auto answer = found->get_future();
  find_route(system, to, [found](route x) { found->set_value(x); });
  return answer.wait_for(std::chrono::seconds(10)) == std::future_status::ready ? answer.get() : route{};
}

bool is_still_the_route(caf::actor_system& system, const caf::node_id& to, const route& found) {
  const auto broker = routing_broker(system);
#if TRUCKEE_CAF_1
  if (opened(broker).getf(caf::abstract_actor::is_terminated_flag))
    return false; // and the table is gone with it
#endif
  const auto direct = opened(broker).instance.tbl().lookup_direct(to); // the table has a lock of its own
  return direct && direct->id() == found.connection;
}

std::string why_not_tls(const route& found, const doors::expected_peer& wanted) {
  switch (found.kind) {
  case route_kind::tls: {
    const auto wrong = doors::verdict_on(found.peer.value_or(tls::identity{}), wanted);
    return wrong ? "messages to that node take a connection that stood already, and there: " + wrong->detail
                 : std::string();
  }
  case route_kind::none:
    return "the connection was lost";
  case route_kind::plain:
    return "this process is connected to that node already, without TLS, and CAF keeps one connection a "
           "node; nothing is sent over it: let every connection between the two nodes be made with TLS";
  case route_kind::relayed:
    return "messages to that node go over another node, which could read them; nothing is sent that way: let "
           "the two nodes connect with TLS before others speak of them";
  }
  return {};
}

} // namespace truckee::messages
