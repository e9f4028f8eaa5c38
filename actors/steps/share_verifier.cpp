#include "truckee/actors/steps/share_verifier.hpp"

#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/shares/share_check.hpp"

#include <fmt/format.h>

namespace truckee::actors {

namespace {

using namespace messages;

/// Whole shares in memory at a time.
constexpr std::size_t shares_in_flight_max = 4;

/// What is wrong with a whole share; nothing if it is good.
std::optional<std::string> find_fault(const file_access& access, const grid::file_version& version,
                                      share_number number, const shared_bytes& whole) {
  const auto share = codec::parse_share(whole.view());
  if (!share)
    return to_string(share.error());
  if (version_of(share->header()) != version)
    return "it is " + describe(version_of(share->header())) + " now";
  if (auto good = codec::verify_share(*share, number, access.fingerprint); !good)
    return to_string(good.error());
  if (access.write)
    if (auto key = codec::decrypt_private_key(share->encrypted_private_key, *access.write); !key)
      return to_string(key.error());
  return std::nullopt;
}

class share_verifier_state {
public:
  using handle = extended<share_verifier, void(continuation)>;
  static constexpr const char* name = "truckee.share_verifier";

  share_verifier_state(shell<share_verifier_state>* self, services_ptr services, verify_task task)
    : self_(self), services_(std::move(services)), task_(std::move(task)),
      todo_(task_.mapped->map.shares().begin(), task_.mapped->map.shares().end()) {
    for (const auto& [place, version] : todo_)
      if (const auto parsed = head_of(place))
        bytes_total_ += parsed->layout().length();
  }

  behavior<handle> make_behavior() {
    return {
        [this](const verify_shares&) {
          promise_ = self_->template make_response_promise<verify_answer>();
          pump();
          return caf::result<verify_answer>(*promise_);
        },
        [this](const stop&) {
          answer_.stopped = true;
          next_ = todo_.size();
          finish();
        },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  /// Nothing where the map did not bring its beginning.
  std::optional<codec::share_head> head_of(const grid::share_place& place) const {
    const auto head = task_.mapped->heads.find(place);
    if (head == task_.mapped->heads.end())
      return std::nullopt;
    const auto parsed = codec::parse_share_head(head->second.view());
    return parsed ? std::optional(*parsed) : std::nullopt;
  }

  void pump() {
    while (next_ < todo_.size() && in_flight_ < shares_in_flight_max)
      fetch(todo_[next_++]);
    tell();
    if (next_ == todo_.size() && in_flight_ == 0)
      finish();
  }

  void fetch(const std::pair<grid::share_place, grid::file_version>& item) {
    const auto& [place, version] = item;
    const auto* entry = task_.servers->find(place.server);
    const auto parsed = head_of(place);
    if (entry == nullptr || !parsed) {
      answer_.unread.emplace_back(place, "its server or its beginning is not at hand");
      return;
    }
    const auto length = parsed->layout().length();
    const auto deadline = duration(services_->limits.server_deadline(length));
    ++in_flight_;
    read_from(self_, entry->link, grid::slot_read{task_.access.slot, {place.share}, {{0, length}}}, deadline,
              [this, item](const read_answer& x) { on_answer(item.first, item.second, x); });
  }

  void unread(const grid::share_place& place, std::string why) {
    --in_flight_;
    answer_.unread.emplace_back(place, std::move(why));
    pump();
  }

  void on_answer(const grid::share_place& place, const grid::file_version& version, const read_answer& x) {
    if (x.how != delivery::answered) {
      unread(place, x.detail);
      return;
    }
    const auto at = x.answer.reads.find(place.share);
    if (at == x.answer.reads.end() || at->second.size() != 1) {
      const auto damaged = x.answer.damaged.find(place.share);
      if (damaged == x.answer.damaged.end())
        unread(place, "the server does not give it");
      else
        judged(place, damaged->second);
      return;
    }
    answer_.bytes_read += at->second.front().size();
    offload(
        self_, *services_->compute,
        [access = task_.access, version, share = place.share, whole = at->second.front()] {
          return find_fault(access, version, share, whole);
        },
        [this, place](std::optional<std::string>&& fault) { judged(place, std::move(fault)); });
  }

  void judged(const grid::share_place& place, std::optional<std::string> fault) {
    --in_flight_;
    if (fault) {
      services_->metrics->server(task_.servers->name_of(place.server)).share_was_corrupt();
      tell_corrupt_share(services_->log, task_.operation, task_.servers->name_of(place.server), place.share,
                         *fault);
      answer_.bad.emplace_back(place, std::move(*fault));
    }
    pump();
  }

  void tell() {
    if (!task_.listener || todo_.empty())
      return;
    const auto done = next_ - in_flight_;
    operation_progress out;
    out.operation = task_.operation;
    out.text = fmt::format("Verifying shares: {} of {}", done, todo_.size());
    out.progress = task_.span.at(done, todo_.size());
    out.bytes_total = bytes_total_;
    out.bytes_done = std::min(bytes_total_, answer_.bytes_read);
    out.goal = static_cast<std::uint32_t>(todo_.size());
    out.placed = static_cast<std::uint32_t>(done);
    send(self_, task_.listener, std::move(out));
  }

  void finish() {
    if (!promise_)
      return;
    promise_->deliver(std::move(answer_));
    promise_.reset();
    self_->quit();
  }

  shell<share_verifier_state>* self_;
  services_ptr services_;
  verify_task task_;
  std::vector<std::pair<grid::share_place, grid::file_version>> todo_;
  std::size_t next_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t bytes_total_ = 0;
  verify_answer answer_;
  std::optional<caf::typed_response_promise<verify_answer>> promise_;
};

} // namespace

messages::share_verifier spawn_share_verifier(caf::actor_system& system, services_ptr services,
                                              verify_task task) {
  return messages::spawn<share_verifier_state>(system, std::move(services), std::move(task));
}

} // namespace truckee::actors
