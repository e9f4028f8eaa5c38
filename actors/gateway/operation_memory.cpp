#include "truckee/actors/gateway/operation_memory.hpp"

#include "truckee/crypto/tagged_hash.hpp"

#include <algorithm>

namespace truckee::actors {

namespace {

/// No capability is kept for as long as its operation is remembered.
hash256 hash_of_cap(std::string_view cap) {
  return cap.empty() ? hash256{} : crypto::sha256({as_bytes(cap)});
}

} // namespace

operation_memory::entry* operation_memory::find(const operation_id& id) {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second.what;
}

operation_memory::entry& operation_memory::begins(const operation_id& id, const hash256& asked,
                                                  std::string_view cap, std::uint64_t number) {
  const auto file = hash_of_cap(cap);
  if (const auto at = entries_.find(id); at != entries_.end()) {
    by_use_.splice(by_use_.end(), by_use_, at->second.used);
    at->second.what.running = number;
    return at->second.what;
  }
  if (of_file_[file] >= file_max_)
    forget_oldest(&file);
  if (entries_.size() >= all_max_)
    forget_oldest(nullptr);
  by_use_.push_back(id);
  ++of_file_[file];
  auto& made = entries_[id];
  made.used = std::prev(by_use_.end());
  made.what.asked = asked;
  made.what.file = file;
  made.what.running = number;
  return made.what;
}

void operation_memory::forget_oldest(const hash256* of_file) {
  const auto oldest = std::ranges::find_if(by_use_, [&](const operation_id& id) {
    const auto& x = entries_.at(id).what;
    return x.running == 0 && (of_file == nullptr || x.file == *of_file);
  });
  if (oldest == by_use_.end())
    return; // all run: how many may is bounded elsewhere
  const auto at = entries_.find(*oldest);
  const auto count = of_file_.find(at->second.what.file);
  if (--count->second == 0)
    of_file_.erase(count);
  entries_.erase(at);
  by_use_.erase(oldest);
}

void operation_memory::ended(const operation_id& id, const messages::publish_reply& reply) {
  auto* x = find(id);
  if (x == nullptr)
    return;
  x->running = 0;
  x->reply = reply;
}

messages::resolve_reply operation_memory::resolve(const messages::resolve_request& x) {
  messages::resolve_reply out;
  const auto* known = find(x.operation);
  const bool made =
      known != nullptr && known->reply && !x.write_cap.empty() && known->reply->write_cap == x.write_cap;
  if (known == nullptr || (known->file != hash_of_cap(x.write_cap) && !made))
    return out;
  out.known = true;
  out.running = known->running != 0;
  if (known->reply && !out.running)
    out.became = known->reply->became;
  if (!known->own->empty() && !out.running)
    out.version = known->own->back().version.sequence;
  if (out.became == effect::applied)
    out.version = known->reply->version;
  return out;
}

namespace {

constexpr std::size_t end_size = 64 * 1024;

/// Parts of a fixed number, each with its length before it.
hash256 hash_parts(std::initializer_list<byte_view> parts) {
  bytes all;
  for (const auto part : parts) {
    std::array<std::byte, 8> size{};
    store_be(mutable_byte_view(size), std::uint64_t{part.size()});
    all.insert(all.end(), size.begin(), size.end());
    const auto each = std::min(part.size(), end_size);
    const auto hash = crypto::sha256({part.first(each), part.last(each)});
    all.insert(all.end(), hash.data.begin(), hash.data.end());
  }
  return crypto::sha256({all});
}

} // namespace

hash256 hash_of(const messages::publish_request& x) {
  std::string how = "publish " + std::to_string(static_cast<int>(x.format));
  if (x.spread)
    how += " " + std::to_string(x.spread->needed) + " " + std::to_string(x.spread->total) + " " +
           std::to_string(x.spread->happy);
  how += "|";
  if (x.only_if)
    how += std::to_string(x.only_if->version.value) + ":" + x.only_if->root;
  if (x.offset)
    how += "|" + std::to_string(*x.offset) + (x.cut ? " cut" : "");
  if (x.lent.source)
    how += "|lent " + std::to_string(x.lent.bytes);
  return hash_parts({as_bytes(how), as_bytes(x.write_cap), as_bytes(x.private_key), x.content.view()});
}

hash256 hash_of(const messages::append_request& x) {
  return hash_parts({as_bytes("append"), as_bytes(x.write_cap), x.data.view()});
}

bool may_be_done_again(const operation_memory::entry& known) {
  switch (known.reply ? known.reply->became : effect::not_applied) {
  case effect::applied:
    return false;
  case effect::not_applied:
    return true;
  case effect::may_be_applied:
    return known.file != hash256{} && grid::effect_of_failure(*known.own) == effect::may_be_applied;
  }
  return false;
}

effect effect_of_refusal(const operation_memory::entry* known) {
  return known == nullptr ? effect::not_applied : grid::effect_of_failure(*known->own);
}

} // namespace truckee::actors
