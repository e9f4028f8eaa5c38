#pragma once

#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/actors/steps/retriever.hpp"
#include "truckee/shares/part_update.hpp"

#include <algorithm>

namespace truckee::actors {

/// Reads what a partial update is built on: every share's block hashes, verified to the signed root, then the content of the
/// segments at its edges. No more fetches are under way than for any read. Belongs to the actor `self`, which must not end before it.
template <class Self>
class part_reader {
public:
  /// What was read, or why not all of it could be: for people.
  using ended = std::function<void(std::shared_ptr<const shares::part_change>, std::string)>;

  part_reader(Self* self, const operation_context& context, retrieve_task content, shares::part_change change,
              ended then)
    : self_(self), context_(context), content_(std::move(content)), change_(std::move(change)),
      then_(std::move(then)) {}

  void start() {
    next_ = change_.base.places.begin();
    owed_ = change_.base.places.size();
    for (auto i = std::min<std::size_t>(owed_, context_.services->limits.fetches_in_flight_max); i > 0; --i)
      read_next();
  }

  /// Nothing is told any more.
  void stop() {
    over_ = true;
    if (reader_)
      messages::send(self_, reader_, messages::stop{});
  }

private:
  void read_next() {
    if (over_ || next_ == change_.base.places.end())
      return;
    const auto& [share, place] = *next_++;
    read_hashes(place, change_.base.heads.at(share));
  }

  void read_hashes(const grid::share_place& place, const shared_bytes& head) {
    const auto* entry = context_.servers->find(place.server);
    auto reads = shares::reads_for_body(head, shares::no_content);
    if (entry == nullptr || !reads)
      return later("a server is not there any more");
    if (reads->empty()) {
      read_next();
      return judge(place, head, {});
    }
    std::uint64_t bytes = 0;
    for (const auto& read : *reads)
      bytes += read.length;
    read_from(self_, entry->link, grid::slot_read{context_.access.slot, {place.share}, std::move(*reads)},
              messages::duration(context_.services->limits.server_deadline(bytes)),
              [this, place, head](const messages::read_answer& x) {
                if (over_)
                  return;
                count_read(context_.services->metrics->server(context_.name_of(place.server)), x);
                const auto at = x.answer.reads.find(place.share);
                if (!went_well(x) || at == x.answer.reads.end())
                  return end_without(context_.name_of(place.server) + " did not give its share");
                read_next();
                judge(place, head, at->second);
              });
  }

  void judge(const grid::share_place& place, const shared_bytes& head, std::vector<shared_bytes> reads) {
    offload(
        self_, *context_.services->compute,
        [version = change_.base.version, share = place.share, head, reads = std::move(reads)] {
          return shares::judge_body(version, share, head, reads, shares::no_content);
        },
        [this, place](shares::judged_body&& judged) {
          if (over_)
            return;
          if (judged.verdict != grid::share_verdict::good)
            return end_without("the share on " + context_.name_of(place.server) + ": " + judged.reason);
          change_.trees.emplace(place.share, std::move(judged.body.block_hashes));
          if (--owed_ == 0)
            read_edge();
        });
  }

  /// The next one, or the end.
  void read_edge() {
    for (const auto& [segment, range] : shares::edges_to_read(change_.base)) {
      if (change_.edges.contains(segment))
        continue;
      auto task = content_;
      task.range = range;
      reader_ = spawn_retriever(self_->system(), std::move(task));
      messages::request(
          self_, reader_, messages::duration(context_.services->limits.publish_deadline),
          messages::read_version{},
          [this, at = segment](const messages::content_answer& x) {
            reader_ = messages::retriever{};
            if (over_)
              return;
            if (!x.ok)
              return end_without(x.failure.detail);
            change_.edges.emplace(at, x.content);
            read_edge();
          },
          [this](const caf::error& e) {
            reader_ = messages::retriever{};
            if (!over_)
              end_without(messages::describe(e, self_->system()));
          });
      return;
    }
    over_ = true;
    then_(std::make_shared<const shares::part_change>(std::move(change_)), {});
  }

  void later(std::string why) {
    messages::send_later(self_, messages::duration(0), messages::continuation{[this, why = std::move(why)] {
                           if (!over_)
                             end_without(why);
                         }});
  }

  void end_without(std::string why) {
    over_ = true;
    then_(nullptr, std::move(why));
  }

  Self* self_;
  const operation_context& context_;
  retrieve_task content_;
  shares::part_change change_;
  ended then_;
  std::map<share_number, grid::share_place>::const_iterator next_; ///< whose hashes are read next
  std::size_t owed_ = 0;
  messages::retriever reader_;
  bool over_ = false;
};

} // namespace truckee::actors
