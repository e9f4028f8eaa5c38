#pragma once

#include "truckee/actors/publish/content_lender.hpp"
#include "truckee/codec/mdmf/window_encode.hpp"

#include <memory>
#include <optional>

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
  using work = std::function<void(const content_window&, lent_part, done)>;

  window_walk(Self* self, const operation_context& context, const content_lender& lender,
              std::vector<content_window> windows, work each, done then)
    : self_(self), context_(context), lender_(lender), windows_(std::move(windows)), each_(std::move(each)),
      then_(std::move(then)) {}

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
    const auto place = windows_[asked_++].content;
    read_lent(self_, context_, lender_, place, [life = alive_](result<lent_part> part) {
      if (life->walk != nullptr)
        life->walk->fetched(std::move(part));
    });
  }

  void fetched(result<lent_part> part) {
    if (!part)
      return end(tl::unexpected(part.error()));
    held_ = std::move(*part);
    work_on_it();
  }

  void work_on_it() {
    if (busy_ || !held_)
      return;
    busy_ = true;
    const auto window = windows_[worked_++];
    auto part = std::move(*held_);
    held_.reset();
    if (asked_ < windows_.size())
      fetch();
    each_(window, std::move(part), [life = alive_](result<void> how) {
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
  const operation_context& context_;
  const content_lender& lender_;
  std::vector<content_window> windows_;
  work each_;
  done then_;
  std::size_t asked_ = 0;  ///< windows whose content was asked for
  std::size_t worked_ = 0; ///< windows that were begun
  std::optional<lent_part> held_;
  bool busy_ = false;
  std::shared_ptr<life> alive_ = std::make_shared<life>(life{this});
};

} // namespace truckee::actors
