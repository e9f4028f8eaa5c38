#pragma once

#include "truckee/actors/links/endpoint.hpp"
#include "truckee/actors/links/transport.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/messages/caf/passages.hpp"
#include "truckee/messages/hello.hpp"

namespace truckee::actors {

/// A storage server that is an actor: in this process, or on another node. `Self` is the shell of the link.
///
/// The porter dials a remote one, and hands CAF the connection. Where TLS is configured, nothing is said to it before it is
/// known that messages take a connection with TLS to who was called (messages/caf/route.hpp), and each request looks
/// whether they still do.
template <class Self>
class caf_transport final : public transport {
public:
  caf_transport(Self* self, messages::storage_server local, time_ptr time, messages::duration timeout)
    : self_(self), local_(std::move(local)), time_(std::move(time)), timeout_(timeout) {}
  /// `timeout` is for dialling, meeting and the introduction, each.
  caf_transport(Self* self, remote_endpoint remote, time_ptr time, std::shared_ptr<doors::porter> porter,
                messages::duration timeout)
    : self_(self), remote_(std::move(remote)), time_(std::move(time)), porter_(std::move(porter)),
      timeout_(timeout) {}

  void connect(on_ready ready, on_failed failed) override {
    ready_ = std::move(ready);
    failed_ = std::move(failed);
    ++round_;
    if (server_)
      meet(server_);
    else if (!remote_)
      meet(local_);
    else
      dial();
  }

  void send(storage_request request, messages::duration deadline, on_done done) override {
    if (!server_) {
      done(delivered::unsent("there is no connection"));
      return;
    }
    if (route_ && !messages::is_still_the_route(self_->system(), server_.node(), *route_)) {
      done(delivered::unsent(route_lost));
      fail(link_failure::refused, route_lost);
      return;
    }
    if (remote_) {
      if (auto refused = too_long_to_send(request, remote_->message_bytes_max)) {
        done(std::move(*refused));
        return;
      }
    }
    std::visit([&](const auto& x) { ask(x, deadline, std::move(done)); }, request);
  }

  void close() override {
    ++round_;
    ready_ = nullptr;
    failed_ = nullptr;
    drop();
  }

  std::string endpoint() const override {
    if (!remote_)
      return "embedded";
    return (remote_->tls ? "caf+tls " : "caf ") + to_string(remote_->at);
  }

private:
  static constexpr const char* route_lost = "messages to its node do not take the TLS connection any more "
                                            "that was made; nothing is sent until a new one "
                                            "stands";

  void dial() {
    // A passage can be moved only, and messages are copied.
    using dialled = std::shared_ptr<result<doors::passage>>;
    auto settled = [me = own_handle(), then = in_round([this](const dialled& over) {
                                         if (*over)
                                           meet_over(std::move(**over));
                                         else
                                           fail(failure_of(over->error()), over->error().detail);
                                       })](result<doors::passage> got) {
      const auto over = std::make_shared<result<doors::passage>>(std::move(got));
      messages::send_anonymously(me, messages::continuation{[then, over]() mutable { then(over); }});
    };
    if (!porter_)
      settled(truckee::fail(errc::configuration, to_string(remote_->at) +
                                                     ": this actor system has no network; "
                                                     "load caf::io::middleman"));
    else
      porter_->dial({.to = remote_->at,
                     .tls = remote_->tls,
                     .who = remote_->who,
                     .deadline = std::chrono::duration_cast<std::chrono::milliseconds>(timeout_)},
                    std::move(settled));
  }

  static link_failure failure_of(const error& why) {
    return why.code == errc::refused || why.code == errc::protocol ? link_failure::refused
                                                                   : link_failure::unreachable;
  }

  void meet_over(doors::passage over) {
    messages::meet(
        self_, std::move(over), timeout_, in_round([this](const messages::connected_peer& peer) {
          const auto server = messages::as_protocol<messages::storage_server>(self_->system(), peer);
          if (!server)
            fail(link_failure::refused, "what answers there is not a storage server of protocol " +
                                            std::to_string(messages::storage_protocol) + " (" +
                                            messages::software_name() + ")");
          else if (remote_->tls && server.node() != self_->node())
            look_at_route(server);
          else
            meet(server);
        }),
        in_round([this](const caf::error& e) {
          fail(link_failure::unreachable, "cannot connect: " + messages::describe(e, self_->system()));
        }));
  }

  void look_at_route(const messages::storage_server& server) {
    auto then = in_round([this, server](const messages::route& found) {
      if (auto why = messages::why_not_tls(found, remote_->who); !why.empty()) {
        fail(found.kind == messages::route_kind::none ? link_failure::unreachable : link_failure::refused,
             std::move(why));
        return;
      }
      route_ = found;
      meet(server);
    });
    messages::find_route(
        self_->system(), server.node(), [me = own_handle(), then = std::move(then)](messages::route found) {
          messages::send_anonymously(me, messages::continuation{[then, found]() mutable { then(found); }});
        });
  }

  auto own_handle() const { return caf::actor_cast<typename Self::handle_type>(self_->ctrl()); }

  void meet(const messages::storage_server& server) {
    messages::request(self_, server, timeout_, messages::hello_to_store(),
                      in_round([this, server, start = time_->now()](const grid::store_info& info) {
                        if (!server_)
                          keep(server);
                        if (ready_)
                          std::exchange(ready_, nullptr)(info, time_->seconds_since(start));
                      }),
                      in_round([this](const caf::error& e) {
                        if (const auto refused = messages::refusal_in(e))
                          fail(link_failure::refused, *refused);
                        else if (!messages::is_timeout(e))
                          fail(link_failure::unreachable, messages::describe(e, self_->system()));
                        else if (server_)
                          fail(link_failure::silent, "no answer in time");
                        else
                          fail(link_failure::unreachable, "no answer to the introduction in time");
                      }));
  }

  void keep(const messages::storage_server& server) {
    server_ = server;
    self_->watch(server_, [this] {
      server_ = messages::storage_server{};
      fail(link_failure::unreachable, "the connection was lost");
    });
  }

  /// The connection goes with every failure but silence. `failed_` may call connect() and close().
  void fail(link_failure why, std::string text) {
    ++round_;
    const auto tell = failed_;
    if (why != link_failure::silent) {
      failed_ = nullptr;
      drop();
    }
    if (tell)
      tell(why, std::move(text));
  }

  void drop() {
    route_.reset();
    if (server_)
      self_->unwatch(server_.address());
    server_ = messages::storage_server{};
  }

  template <class Message>
  void ask(const Message& request, messages::duration deadline, on_done done) {
    if constexpr (std::is_same_v<Message, std::shared_ptr<const grid::read_test_write>>)
      ask_for<grid::read_test_write_answer>(*request, deadline, std::move(done));
    else if constexpr (std::is_same_v<Message, grid::slot_read>)
      ask_for<grid::slot_read_answer>(request, deadline, std::move(done));
    else if constexpr (std::is_same_v<Message, messages::add_lease>)
      ask_for<messages::lease_answer>(request, deadline, std::move(done));
    else if constexpr (std::is_same_v<Message, std::shared_ptr<const grid::stage_piece>>)
      ask_for<grid::stage_answer>(*request, deadline, std::move(done));
    else if constexpr (std::is_same_v<Message, messages::share_advice>)
      ask_for<messages::advice_answer>(request, deadline, std::move(done));
    else
      ask_for<messages::stored_leases>(request, deadline, std::move(done));
  }

  template <class Answer, class Message>
  void ask_for(Message request, messages::duration deadline, on_done done) {
    messages::request(
        self_, server_, deadline, std::move(request),
        [done](const Answer& x) {
          done({messages::delivery::answered, false, x, {}});
        },
        [self = self_, done](const caf::error& e) {
          const bool late = messages::is_timeout(e);
          done(delivered::unknown(late ? "no answer in time" : messages::describe(e, self->system()), late));
        });
  }

  /// A callback of this try: nothing once it is over.
  template <class Then>
  auto in_round(Then then) {
    return
        [this, round = round_, then = std::move(then)](const typename messages::argument_of<Then>::type& x) {
          if (round == round_)
            then(x);
        };
  }

  Self* self_;
  messages::storage_server local_;        ///< in this process; empty: it is remote
  std::optional<remote_endpoint> remote_; ///< on another node
  time_ptr time_;
  std::shared_ptr<doors::porter> porter_;
  messages::duration timeout_;
  messages::storage_server server_;      ///< while the connection stands
  std::optional<messages::route> route_; ///< of a connection with TLS
  on_ready ready_;
  on_failed failed_;
  std::uint64_t round_ = 0; ///< of tries; what belongs to an earlier one is not heard
};

/// The transport for an endpoint, one function a kind.
template <class Self>
std::unique_ptr<transport> make_transport(Self* self, const messages::storage_server& local,
                                          const services& from, messages::duration timeout) {
  return std::make_unique<caf_transport<Self>>(self, local, from.time, timeout);
}
template <class Self>
std::unique_ptr<transport> make_transport(Self* self, const remote_endpoint& remote, const services& from,
                                          messages::duration timeout) {
  return std::make_unique<caf_transport<Self>>(self, remote, from.time, from.porter, timeout);
}

} // namespace truckee::actors
