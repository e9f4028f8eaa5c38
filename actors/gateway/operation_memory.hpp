#pragma once

#include "truckee/grid/file/own_versions.hpp"
#include "truckee/messages/gateway.hpp"

#include <list>
#include <map>
#include <memory>

namespace truckee::actors {

/// What a gateway remembers of the writes it was asked for, by their operation ids, so that one asked for twice happens
/// once: what was asked, what was sent for it, how it ended. In memory only, bounded: a gateway that was started again
/// knows nothing. No actor, no I/O.
class operation_memory {
public:
  /// In all, and of one file: an operation is forgotten when so many others were asked for after it. One that runs is
  /// kept.
  explicit operation_memory(std::size_t all_max = 4096, std::size_t file_max = 256)
    : all_max_(all_max), file_max_(file_max) {}

  struct entry {
    hash256 asked; ///< of the request: an id stands for one
    hash256 file;  ///< of its capability; zeros: it makes a new file, and counts as of one with all such
    std::uint64_t running = 0; ///< the gateway's number of it; 0: it has ended
    std::shared_ptr<std::vector<grid::sent_version>> own =
        std::make_shared<std::vector<grid::sent_version>>();
    std::optional<messages::publish_reply> reply; ///< the last one
  };
  /// Nothing where it is not known, or forgotten.
  entry* find(const operation_id& id);
  /// It runs (again), on the file of that capability, as the gateway's operation `number`.
  entry& begins(const operation_id& id, const hash256& asked, std::string_view cap, std::uint64_t number);
  void ended(const operation_id& id, const messages::publish_reply& reply);

  messages::resolve_reply resolve(const messages::resolve_request& x);
  std::size_t size() const { return entries_.size(); }

private:
  struct kept {
    entry what;
    std::list<operation_id>::iterator used;
  };
  void forget_oldest(const hash256* of_file);

  std::size_t all_max_;
  std::size_t file_max_;
  std::map<operation_id, kept> entries_;
  std::map<hash256, std::size_t> of_file_; ///< how many
  std::list<operation_id> by_use_;         ///< oldest first
};

/// What a request asks for, but for its token and its time: another one under the same id is a mistake. Of a long content
/// the length and both ends, for the gateway itself takes it; of lent content the length alone.
hash256 hash_of(const messages::publish_request& x);
hash256 hash_of(const messages::append_request& x);

/// One that has ended and is asked for again: is it to be looked at again? Not what is applied; nor a new file that may
/// be there, for a second one would have another capability; nor what broke off so that nobody knows what was sent.
bool may_be_done_again(const operation_memory::entry& known);

/// What to say of a write that is not begun: what an earlier time it was asked for may have done still counts.
effect effect_of_refusal(const operation_memory::entry* known);

} // namespace truckee::actors
