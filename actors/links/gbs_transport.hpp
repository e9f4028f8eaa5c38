#pragma once

#include "truckee/actors/links/endpoint.hpp"
#include "truckee/actors/links/gathered_pieces.hpp"
#include "truckee/actors/links/gbs_requests.hpp"
#include "truckee/actors/links/transport.hpp"
#include "truckee/actors/shell/services.hpp"

#include <algorithm>

namespace truckee::actors {

/// A storage server of Tahoe-LAFS, over HTTPS. `Self` is the shell of the link.
///
/// HTTP has no connection that stands: the server is there once it has said its version, and is asked for it again where a
/// request broke.
template <class Self>
class gbs_transport final : public transport {
public:
  /// `timeout` is for connecting, and for the introduction.
  gbs_transport(Self* self, gbs_endpoint to, const std::shared_ptr<gbs::client>& by, time_ptr time,
                messages::duration timeout)
    : self_(self), to_(std::move(to)), time_(std::move(time)), timeout_(timeout) {
    if (by)
      server_ = {
          by->open({.at = to_.where.at,
                    .pin = to_.where.pin,
                    .connect_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(timeout)}),
          to_.where.swissnum};
  }
  ~gbs_transport() override { close(); }

  void connect(on_ready ready, on_failed failed) override {
    ready_ = std::move(ready);
    failed_ = std::move(failed);
    if (!server_.line)
      fail(link_failure::unreachable, "no HTTPS client was given to it");
    else
      introduce();
  }

  void send(storage_request request, messages::duration deadline, on_done done) override {
    if (!introduced_) {
      done(delivered::unsent("there is no connection"));
      return;
    }
    if (const auto* piece = std::get_if<std::shared_ptr<const grid::stage_piece>>(&request)) {
      done({messages::delivery::answered, false, pieces_.take(**piece), {}});
      return;
    }
    if (auto* change = std::get_if<std::shared_ptr<const grid::read_test_write>>(&request)) {
      auto filled = pieces_.filled(*change);
      if (!filled) {
        grid::read_test_write_answer lost;
        lost.status = grid::storage_status::not_found;
        lost.detail = "the pieces of a share were let go; bring them again";
        done({messages::delivery::answered, false, std::move(lost), {}});
        return;
      }
      *change = std::move(filled);
    }
    if (auto refused = no_room_for(request, bytes_available_)) {
      introduce(); // it may have more by now
      done(std::move(*refused));
      return;
    }
    send_by_gbs(server_, std::move(request), std::min<messages::duration>(deadline, silence_max),
                in_actor([this, done = std::move(done)](delivered x, bool broken) {
                  // Of one that is late, the link asks by itself whether it is there.
                  const bool look = broken && !(x.how == messages::delivery::unknown && x.timed_out);
                  done(std::move(x));
                  if (look && introduced_)
                    introduce();
                }));
  }

  void close() override {
    ++closed_;
    ready_ = nullptr;
    failed_ = nullptr;
    introduced_ = false;
    if (server_.line)
      server_.line->drop();
  }

  std::string endpoint() const override { return "https " + to_string(to_.where.at); }

private:
  /// A deadline grows with what is to be moved, for transports that bring messages whole. Here it is for the next byte:
  /// longer than any server thinks about one request, and its disk syncs.
  static constexpr std::chrono::seconds silence_max{30};

  void introduce() {
    introduce_by_gbs(server_, to_.id, timeout_,
                     in_actor([this, start = time_->now(), asked = ++asked_](const gbs_introduction& x) {
                       if (asked != asked_)
                         return; // asked again since
                       if (!x.info) {
                         fail(x.timed_out && introduced_ ? link_failure::silent : x.why, x.text);
                         return;
                       }
                       introduced_ = true;
                       bytes_available_ = x.info->bytes_available;
                       if (ready_)
                         std::exchange(ready_, nullptr)(*x.info, time_->seconds_since(start));
                     }));
  }

  /// `failed_` may call connect() and close().
  void fail(link_failure why, std::string text) {
    const auto tell = failed_;
    if (why != link_failure::silent)
      introduced_ = false;
    if (tell)
      tell(why, std::move(text));
  }

  /// A callback for the client's thread that runs here, unless the connection was given up since.
  template <class Then>
  auto in_actor(Then then) {
    return [this, me = caf::actor_cast<typename Self::handle_type>(self_->ctrl()), closed = closed_,
            then = std::make_shared<Then>(std::move(then))](auto&&... x) {
      auto values =
          std::make_shared<std::tuple<std::decay_t<decltype(x)>...>>(std::forward<decltype(x)>(x)...);
      messages::send_anonymously(me, messages::continuation{[this, closed, then, values] {
                                   if (closed == closed_)
                                     std::apply([&](auto&... y) { (*then)(std::move(y)...); }, *values);
                                 }});
    };
  }

  /// In memory for one server, as much as shares of the longest content that is brought as a whole have there.
  static constexpr std::uint64_t gathered_bytes_max = std::uint64_t{512} << 20;

  Self* self_;
  gbs_endpoint to_;
  time_ptr time_;
  messages::duration timeout_;
  gathered_pieces pieces_{time_, gathered_bytes_max};
  gbs_server server_;
  bool introduced_ = false;
  std::uint64_t bytes_available_ = 0; ///< as it said last
  on_ready ready_;
  on_failed failed_;
  std::uint64_t asked_ = 0;  ///< how often for its version
  std::uint64_t closed_ = 0; ///< how often given up: what was sent before is not heard any more
};

template <class Self>
std::unique_ptr<transport> make_transport(Self* self, const gbs_endpoint& to, const services& from,
                                          messages::duration timeout) {
  return std::make_unique<gbs_transport<Self>>(self, to, from.https, from.time, timeout);
}

} // namespace truckee::actors
