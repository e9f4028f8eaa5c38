#include "truckee/actors/gateway/key_maker.hpp"

#include "truckee/actors/shell/offload.hpp"
#include "truckee/crypto/rsa.hpp"

#include <deque>

namespace truckee::actors {

namespace {

using namespace messages;

/// Keeps some keys in stock, and makes one more for each that is handed out. Whoever asks while there is none waits, in order.
class key_maker_state {
public:
  using handle = extended<key_maker, void(stop), void(continuation)>;
  static constexpr const char* name = "truckee.key_maker";
  static constexpr bool stays = true;

  key_maker_state(shell<key_maker_state>* self, services_ptr services, std::uint32_t ready)
    : self_(self), services_(std::move(services)), wanted_(ready) {}

  behavior<handle> make_behavior() {
    services_->metrics->keys_wanted_are(wanted_);
    refill();
    return {
        [this](const take_key&) {
          auto promise = self_->template make_response_promise<key_answer>();
          waiting_.push_back(promise);
          hand_out();
          refill();
          return caf::result<key_answer>(promise);
        },
        [this](const count_keys&) { return key_count{static_cast<std::uint32_t>(keys_.size())}; },
        [this](const keep_keys& x) {
          wanted_ = x.ready;
          services_->metrics->keys_wanted_are(wanted_);
          refill();
        },
        [this](const stop&) { self_->quit(); },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  /// One key at a time: making them is all work, and publishes need the same threads.
  void refill() {
    if (making_ || keys_.size() >= wanted_ + waiting_.size())
      return;
    making_ = true;
    offload(
        self_, *services_->compute, [] { return crypto::private_key::generate(); },
        [this, start = services_->time->now()](result<crypto::private_key>&& made) {
          making_ = false;
          if (made)
            keys_.push_back(std::move(*made));
          else
            refuse(made.error());
          if (made)
            tell_made(services_->time->seconds_since(start));
          hand_out();
          if (made)
            refill();
        });
  }

  void hand_out() {
    while (!waiting_.empty() && !keys_.empty()) {
      waiting_.front().deliver(key_answer{std::move(keys_.front()), {}});
      waiting_.pop_front();
      keys_.pop_front();
    }
    services_->metrics->keys_ready_are(keys_.size());
  }

  void tell_made(double seconds) {
    logs::say(services_->log, logs::events::key_made,
              {{"ready", keys_.size()}, {"wanted", wanted_}, {"seconds", seconds}});
    if (wanted_ > 0 && keys_.size() == wanted_ && waiting_.empty())
      logs::say(services_->log, logs::events::keys_ready, {{"ready", keys_.size()}});
  }

  void refuse(const error& why) {
    logs::say(services_->log, logs::events::key_failed, {{"detail", why.detail}});
    for (auto& promise : waiting_)
      promise.deliver(key_answer{std::nullopt, why});
    waiting_.clear();
  }

  shell<key_maker_state>* self_;
  services_ptr services_;
  std::size_t wanted_;
  std::deque<crypto::private_key> keys_;
  std::deque<caf::typed_response_promise<key_answer>> waiting_;
  bool making_ = false;
};

} // namespace

messages::key_maker spawn_key_maker(caf::actor_system& system, services_ptr services, std::uint32_t ready) {
  return messages::spawn<key_maker_state>(system, std::move(services), ready);
}

} // namespace truckee::actors
