#pragma once

#include "truckee/actors/shell/services.hpp"
#include "truckee/codec/mdmf/window_encode.hpp"
#include "truckee/messages/types.hpp"

#include <functional>
#include <vector>

namespace truckee::actors {

/// One window of content: which segments, and where their content lies.
struct content_window {
  codec::mdmf::segment_range segments;
  codec::byte_range content;
};

/// Goes through lent content once, window by window: the next one is asked for while one is worked on, so that two are in
/// memory. Belongs to the actor `self`, which must not end before it.
template <class Self>
class window_walk {
public:
  using done = std::function<void(result<void>)>;
  /// Works on one window and says when the next may come, or why none shall.
  using work = std::function<void(const content_window&, shared_bytes, done)>;

  window_walk(Self* self, services_ptr services, messages::content_source source,
              std::vector<content_window> windows, work each, done then)
    : self_(self), services_(std::move(services)), source_(std::move(source)), windows_(std::move(windows)),
      each_(std::move(each)), then_(std::move(then)) {}

  /// `then` runs once, later.
  void start() {
    messages::send_later(self_, messages::duration(0), messages::continuation{[life = alive_] {
                           if (life->walk != nullptr)
                             life->walk->begin();
                         }});
  }
  /// Nothing is told any more.
  void stop() { alive_->walk = nullptr; }

  ~window_walk() { stop(); }
  window_walk(const window_walk&) = delete;
  window_walk& operator=(const window_walk&) = delete;

private:
  /// What callbacks hold: the walk, while there is one.
  struct life {
    window_walk* walk = nullptr;
  };

  void begin() {
    if (windows_.empty())
      return end({});
    fetch();
  }

  void fetch() {
    const auto& place = windows_[asked_++].content;
    messages::request(
        self_, source_, messages::duration(services_->limits.server_deadline(place.length)),
        messages::read_content{place.offset, place.length},
        [life = alive_, length = place.length](const messages::content_part& x) {
          if (life->walk != nullptr)
            life->walk->fetched(x, length);
        },
        [life = alive_](const caf::error& e) {
          if (life->walk != nullptr)
            life->walk->end(fail(errc::io, "who lends the content gives no more of it: " +
                                               messages::describe(e, life->walk->self_->system())));
        });
  }

  void fetched(const messages::content_part& x, std::uint64_t length) {
    if (!x.ok)
      return end(tl::unexpected(x.failure));
    if (x.data.size() != length)
      return end(fail(errc::protocol, "who lends the content gave " + std::to_string(x.data.size()) +
                                          " bytes of it, and was asked for " + std::to_string(length)));
    held_ = x.data;
    work_on_it();
  }

  void work_on_it() {
    if (busy_ || !held_)
      return;
    busy_ = true;
    const auto window = windows_[worked_++];
    auto content = std::move(*held_);
    held_.reset();
    if (asked_ < windows_.size())
      fetch();
    each_(window, std::move(content), [life = alive_](result<void> how) {
      if (life->walk != nullptr)
        life->walk->worked(std::move(how));
    });
  }

  void worked(result<void> how) {
    busy_ = false;
    if (!how || worked_ == windows_.size())
      return end(std::move(how));
    work_on_it();
  }

  void end(result<void> how) {
    stop();
    // Last: whoever is told may destroy this.
    const auto then = std::move(then_);
    then(std::move(how));
  }

  Self* self_;
  services_ptr services_;
  messages::content_source source_;
  std::vector<content_window> windows_;
  work each_;
  done then_;
  std::size_t asked_ = 0;  ///< windows whose content was asked for
  std::size_t worked_ = 0; ///< windows that were begun
  std::optional<shared_bytes> held_;
  bool busy_ = false;
  std::shared_ptr<life> alive_ = std::make_shared<life>(life{this});
};

} // namespace truckee::actors
