#include "truckee/messages/caf/passages.hpp"

#include "truckee/doors/basp/basp_filter.hpp"
#include "truckee/messages/caf/door.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/doorman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/scribe_impl.hpp>

#include <atomic>
#include <sys/socket.h>

namespace truckee::messages {

namespace {

using multiplexer = caf::io::network::default_multiplexer;

/// For the broker, which does such a thing at once: one that was killed answers nobody, and nobody shall hang for that.
constexpr std::chrono::seconds broker_patience{5};

multiplexer& network_of(caf::actor_system& system) {
  return static_cast<multiplexer&>(system.middleman().backend());
}

/// CAF numbers connections and doors by their descriptors, which are used again; ours never meet those.
std::int64_t fresh_number() {
  static std::atomic<std::int64_t> last{std::int64_t{1} << 40};
  return ++last;
}

class passage_connection final : public caf::io::network::scribe_impl {
public:
  passage_connection(multiplexer& in, doors::passage from)
    : scribe_impl(in, from.inside.get()), network_(in),
      fd_(from.inside.release()), facts_{from.tls, std::move(from.peer), std::move(from.remote)} {
    hdl_ = caf::io::connection_handle::from_int(fresh_number());
    msg().handle = hdl_;
  }

  std::string addr() const override { return facts_.remote.substr(0, facts_.remote.rfind(':')); }
  std::uint16_t port() const override { return 0; }
  const passage_facts& facts() const { return facts_; }

  /// From any thread. CAF then sees an end, and forgets all of it as for any other one.
  void hang_up() {
    network_.post([self = caf::intrusive_ptr<passage_connection>(this)] {
      if (!self->detached()) // else the number may be another file's
        ::shutdown(self->fd_, SHUT_RDWR);
    });
  }

private:
  multiplexer& network_;
  int fd_; ///< the stream's
  passage_facts facts_;
};

/// CAF's end of a door: no socket of its own, it is told who came in.
class passage_doorman final : public caf::io::doorman {
public:
  explicit passage_doorman(multiplexer& in)
    : doorman(caf::io::accept_handle::from_int(fresh_number())), network_(in) {}

  /// Before anybody else has it.
  void stands_at(const address& where) { at_ = where; }

  /// From any thread.
  void receive(doors::passage who) {
    auto box = std::make_shared<doors::passage>(std::move(who));
    network_.post(
        [self = caf::intrusive_ptr<passage_doorman>(this), box] { self->show_in(std::move(*box)); });
  }

  // -- in the network thread
  void launch() override {
    launched_ = true;
    network_.post([self = caf::intrusive_ptr<passage_doorman>(this)] {
      for (auto& each : std::exchange(self->early_, {}))
        self->show_in(std::move(each));
    });
  }
  bool new_connection() override { return false; }
  std::string addr() const override { return at_.host; }
  std::uint16_t port() const override { return at_.port; }
  void graceful_shutdown() override { detach(&network_, false); }
  void add_to_loop() override {}
  void remove_from_loop() override {}

private:
  void show_in(doors::passage who) {
    // Who comes before the actor is known to CAF waits; who comes after it was taken away finds nobody.
    if (!launched_) {
      early_.push_back(std::move(who));
      return;
    }
    if (detached())
      return;
    const auto connection = caf::make_counted<passage_connection>(network_, std::move(who));
    const auto handle = connection->hdl();
    parent()->add_scribe(connection);
    doorman::new_connection(&network_, handle);
  }

  multiplexer& network_;
  address at_;
  bool launched_ = false;
  std::vector<doors::passage> early_;
};

} // namespace

result<std::shared_ptr<doors::porter>> make_porter(const caf::actor_system& system,
                                                   std::shared_ptr<doors::observer> tell) {
  using doors::peer_side;
  return doors::porter::make({.limits = {},
                              .tell = std::move(tell),
                              .inspect = [to_caller = door_rules(system, peer_side::dialler),
                                          to_called = door_rules(system, peer_side::dialled)](peer_side who) {
                                return std::make_unique<doors::basp::basp_filter>(
                                    who == peer_side::dialler ? to_caller : to_called);
                              }});
}

const passage_facts* facts_of(const caf::io::scribe* connection) {
  const auto* ours = dynamic_cast<const passage_connection*>(connection);
  return ours == nullptr ? nullptr : &ours->facts();
}

void hang_up(const caf::io::scribe_ptr& connection) {
  if (auto* ours = dynamic_cast<passage_connection*>(connection.get()))
    ours->hang_up();
}

caf::io::scribe_ptr as_connection(caf::actor_system& system, doors::passage from) {
  return caf::make_counted<passage_connection>(network_of(system), std::move(from));
}

result<connected_peer> meet_blocking(caf::actor_system& system, doors::passage over, duration timeout) {
  result<connected_peer> out = fail(errc::internal, "nobody answered");
  const auto place = over.remote;
  auto connection = as_connection(system, std::move(over));
  caf::scoped_actor self(system);
  auto on_peer = [&](const caf::node_id&, const caf::strong_actor_ptr& actor,
                     const std::set<std::string>& signatures) {
    out = connected_peer{actor, signatures};
  };
  auto on_error = [&, kept = connection](const caf::error& e) {
    hang_up(kept);
    out = fail(is_timeout(e) ? errc::timeout : errc::unreachable, place + ": " + describe(e, system));
  };
#if TRUCKEE_CAF_1
  self->mail(caf::connect_atom_v, std::move(connection), std::uint16_t{0})
      .request(routing_broker(system), timeout)
      .receive(on_peer, on_error);
#else
  self->request(routing_broker(system), timeout, caf::connect_atom::value, std::move(connection),
                std::uint16_t{0})
      .receive(on_peer, on_error);
#endif
  return out;
}

result<connected_peer> connect_blocking(caf::actor_system& system, doors::porter& by,
                                        const doors::call& what) {
  auto over = by.dial(what);
  if (!over)
    return tl::unexpected(over.error());
  auto out = meet_blocking(system, std::move(*over), what.deadline);
  // What is said to it may be secret, and CAF may have answered over a connection that was there already.
  if (out && what.tls && out->actor && out->actor->node() != system.node())
    if (const auto why = why_not_tls(find_route_blocking(system, out->actor->node()), what.who); !why.empty())
      return fail(errc::refused, to_string(what.to) + ": " + why);
  return out;
}

result<published_door> publish_at(caf::actor_system& system, doors::porter& by, doors::door what,
                                  const caf::strong_actor_ptr& actor, std::set<std::string> signatures) {
  const auto doorman = caf::make_counted<passage_doorman>(network_of(system));
  auto opened = by.open(std::move(what), [doorman](doors::passage who) { doorman->receive(std::move(who)); });
  if (!opened)
    return tl::unexpected(opened.error());
  doorman->stands_at(opened->at);
  result<published_door> out = published_door{opened->door, opened->at};
  caf::scoped_actor self(system);
  const auto refused = [&](const caf::error& e) {
    by.close(opened->door);
    out = fail(errc::io, "cannot publish at " + to_string(opened->at) + ": " + describe(e, system));
  };
#if TRUCKEE_CAF_1
  self->mail(caf::publish_atom_v, caf::io::doorman_ptr(doorman), opened->at.port, actor,
             std::move(signatures))
      .request(routing_broker(system), broker_patience)
      .receive([] {}, refused);
#else
  self->request(routing_broker(system), broker_patience, caf::publish_atom::value,
                caf::io::doorman_ptr(doorman), opened->at.port, actor, std::move(signatures))
      .receive([] {}, refused);
#endif
  return out;
}

void unpublish_at(caf::actor_system& system, doors::porter& by, const published_door& which,
                  const caf::actor_addr& actor) {
  by.close(which.door);
  caf::scoped_actor self(system);
#if TRUCKEE_CAF_1
  self->mail(caf::unpublish_atom_v, actor, which.at.port)
      .request(routing_broker(system), broker_patience)
      .receive([] {}, [](const caf::error&) {});
#else
  self->request(routing_broker(system), broker_patience, caf::unpublish_atom::value, actor, which.at.port)
      .receive([] {}, [](const caf::error&) {});
#endif
}

} // namespace truckee::messages
