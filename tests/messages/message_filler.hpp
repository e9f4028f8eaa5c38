#pragma once

#include "truckee/messages/types.hpp"

#include <random>
#include <tuple>

/// Every member of every wire type: filled with seeded content, compared, listed. A member that is added to a
/// type and not here does not compile.
namespace truckee::test {

#define TRUCKEE_MEMBERS(type, ...)                                                                           \
  inline auto members(type& value) {                                                                         \
    auto& [__VA_ARGS__] = value;                                                                             \
    return std::tie(__VA_ARGS__);                                                                            \
  }

TRUCKEE_MEMBERS(error, a, b)
TRUCKEE_MEMBERS(share_number, a)
TRUCKEE_MEMBERS(sequence_number, a)
TRUCKEE_MEMBERS(grid::read_vector, a, b)
TRUCKEE_MEMBERS(grid::test_vector, a, b, c)
TRUCKEE_MEMBERS(grid::write_vector, a, b)
TRUCKEE_MEMBERS(grid::share_change, a, b, c, d, e)
TRUCKEE_MEMBERS(grid::slot_secrets, a, b, c)
TRUCKEE_MEMBERS(grid::read_test_write, a, b, c, d)
TRUCKEE_MEMBERS(grid::read_test_write_answer, a, b, c, d, e)
TRUCKEE_MEMBERS(grid::stage_piece, a, b, c, d, e)
TRUCKEE_MEMBERS(grid::stage_answer, a, b, c)
TRUCKEE_MEMBERS(grid::slot_read, a, b, c)
TRUCKEE_MEMBERS(grid::slot_read_answer, a, b, c, d)
TRUCKEE_MEMBERS(grid::store_info, a, b, c, d, e, f, g)
TRUCKEE_MEMBERS(grid::spread, a, b, c)
TRUCKEE_MEMBERS(messages::hello, a, b)
TRUCKEE_MEMBERS(messages::greeting, a, b)
TRUCKEE_MEMBERS(messages::add_lease, a, b, c)
TRUCKEE_MEMBERS(messages::lease_answer, a, b)
TRUCKEE_MEMBERS(messages::share_advice, a, b, c)
TRUCKEE_MEMBERS(messages::advice_answer, a, b)
TRUCKEE_MEMBERS(messages::operation_token, a)
TRUCKEE_MEMBERS(messages::backlog, a, b, c)
TRUCKEE_MEMBERS(messages::share_place, a, b)
TRUCKEE_MEMBERS(messages::stage_seconds, a, b)
TRUCKEE_MEMBERS(messages::server_report, a, b, c, d)
TRUCKEE_MEMBERS(messages::write_conflict, a, b, c, d)
TRUCKEE_MEMBERS(messages::version_name, a, b)
TRUCKEE_MEMBERS(messages::publish_request, a, b, c, d, e, f, g, h, i, j, k, l)
TRUCKEE_MEMBERS(messages::read_content, a, b)
TRUCKEE_MEMBERS(messages::content_part, a, b, c)
TRUCKEE_MEMBERS(messages::append_request, a, b, c, d, e)
TRUCKEE_MEMBERS(messages::strict_write_report, a, b, c, d, e, f, g, h, i, j, k, l, m)
TRUCKEE_MEMBERS(messages::publish_reply, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w,
                y)
TRUCKEE_MEMBERS(messages::resolve_request, a, b)
TRUCKEE_MEMBERS(messages::resolve_reply, a, b, c, d)
TRUCKEE_MEMBERS(messages::retrieve_request, a, b, c, d, e, f, g)
TRUCKEE_MEMBERS(messages::bad_share, a, b, c)
TRUCKEE_MEMBERS(messages::retrieve_reply, a, b, c, d, e, f, g, h, i, j, k, l)
TRUCKEE_MEMBERS(messages::check_request, a, b, c, d, e)
TRUCKEE_MEMBERS(messages::version_report, a, b, c, d, e, f, g)
TRUCKEE_MEMBERS(messages::strict_check, a, b, c, d, e, f, g)
TRUCKEE_MEMBERS(messages::check_reply, a, b, c, d, e, f, g, h, i, j, k, l)
TRUCKEE_MEMBERS(messages::repair_request, a, b, c, d)
TRUCKEE_MEMBERS(messages::repair_reply, a, b, c, d, e, f)
TRUCKEE_MEMBERS(messages::list_leases_request, a, b)
TRUCKEE_MEMBERS(messages::lease_report, a, b, c, d)
TRUCKEE_MEMBERS(messages::list_leases_reply, a, b, c, d, e)
TRUCKEE_MEMBERS(messages::read_leases, a, b)
TRUCKEE_MEMBERS(messages::stored_lease, a, b, c)
TRUCKEE_MEMBERS(messages::stored_leases, a, b, c)
TRUCKEE_MEMBERS(messages::cancel_request, a, b)
TRUCKEE_MEMBERS(messages::cancel_answer, a, b)
TRUCKEE_MEMBERS(messages::progress_event, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
TRUCKEE_MEMBERS(messages::subscribe_answer, a)
TRUCKEE_MEMBERS(messages::link_report, a, b, c, d, e, f, g)
TRUCKEE_MEMBERS(messages::status_reply, a, b, c, d, e, f, g, h)
TRUCKEE_MEMBERS(messages::share_cell, a, b, c)
TRUCKEE_MEMBERS(messages::server_message, a, b, c, d, e, f)
TRUCKEE_MEMBERS(messages::publish_detail, a, b, c, d, e, f, g, h, i)
TRUCKEE_MEMBERS(messages::operation_detail_request, a)
TRUCKEE_MEMBERS(messages::operation_detail, a, b, c, d, e, f)
TRUCKEE_MEMBERS(messages::server_change, a, b, c, d, e, f)
TRUCKEE_MEMBERS(messages::limit_change, a, b)
TRUCKEE_MEMBERS(messages::change_request, a, b, c, d, e)
TRUCKEE_MEMBERS(messages::change_answer, a, b, c, d)
#undef TRUCKEE_MEMBERS
/// Its other member is an actor.
inline auto members(messages::lent_content& x) {
  return std::tie(x.bytes);
}
inline std::tuple<> members(messages::status_request&) {
  return {};
}

template <class T>
concept has_members = requires(T& x) {
  members(x);
};

/// The types that cross the network, but for subscribe and unsubscribe, whose member is an actor.
using wire_types = std::tuple<
    grid::read_test_write, grid::read_test_write_answer, grid::slot_read, grid::slot_read_answer,
    grid::store_info, messages::hello, messages::greeting, messages::add_lease, messages::lease_answer,
    messages::publish_request, messages::append_request, messages::repair_request, messages::repair_reply,
    messages::list_leases_request, messages::list_leases_reply, messages::read_leases,
    messages::stored_leases, messages::publish_reply, messages::retrieve_request, messages::retrieve_reply,
    messages::check_request, messages::check_reply, messages::cancel_request, messages::cancel_answer,
    messages::progress_event, messages::subscribe_answer, messages::link_report, messages::status_request,
    messages::status_reply, messages::operation_detail_request, messages::operation_detail,
    messages::change_request, messages::change_answer, messages::resolve_request, messages::resolve_reply,
    messages::share_advice, messages::advice_answer, grid::stage_piece, grid::stage_answer,
    messages::read_content, messages::content_part>;

/// Fills values; secrets and capabilities with content that a test can look for.
class filler {
public:
  static constexpr const char* secret_text = "URI:SSK:not-for-anyones-eyes";
  static constexpr std::uint8_t secret_byte = 0xd7;

  explicit filler(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

  template <class T>
  T make() {
    T out{};
    fill(out);
    return out;
  }

  void fill(bool& x) { x = below(2) == 1; }
  void fill(std::uint8_t& x) { x = static_cast<std::uint8_t>(engine_()); }
  void fill(std::uint32_t& x) { x = static_cast<std::uint32_t>(engine_()); }
  void fill(std::uint64_t& x) { x = engine_() >> below(64); }
  void fill(double& x) { x = static_cast<double>(engine_() >> 12) / 1024.0; }
  void fill(std::string& x) {
    x.resize(below(40));
    for (auto& c : x)
      c = static_cast<char>(engine_());
  }
  void fill(bytes& x) {
    x.resize(below(40));
    for (auto& b : x)
      b = static_cast<std::byte>(engine_());
  }
  void fill(shared_bytes& x) { x = shared_bytes(make<bytes>()); }
  void fill(errc& x) { x = static_cast<errc>(below(static_cast<std::uint64_t>(errc::internal) + 1)); }
  void fill(grid::storage_status& x) {
    x = static_cast<grid::storage_status>(below(grid::storage_status_count));
  }
  void fill(messages::repair_action& x) {
    x = static_cast<messages::repair_action>(below(messages::repair_action_count));
  }
  void fill(messages::server_step& x) {
    x = static_cast<messages::server_step>(below(messages::server_step_count));
  }
  void fill(messages::file_format& x) {
    x = static_cast<messages::file_format>(below(messages::file_format_count));
  }
  void fill(effect& x) { x = static_cast<effect>(below(effect_count)); }
  void fill(operation_kind& x) { x = static_cast<operation_kind>(below(operation_kind_words.size())); }
  void fill(stage& x) { x = static_cast<stage>(below(stage_words.size())); }
  void fill(publish_mode& x) { x = static_cast<publish_mode>(below(publish_mode_words.size())); }
  void fill(link_state& x) { x = static_cast<link_state>(below(link_state_words.size())); }
  void fill(strict_outcome& x) { x = static_cast<strict_outcome>(below(strict_outcome_words.size())); }
  void fill(read_kind& x) { x = static_cast<read_kind>(below(read_kind_words.size())); }
  void fill(shares_order& x) { x = static_cast<shares_order>(below(shares_order_words.size())); }
  void fill(server_outcome& x) { x = static_cast<server_outcome>(below(server_outcome_words.size())); }
  void fill(grid::share_state& x) { x = static_cast<grid::share_state>(below(grid::share_state_count)); }
  void fill(messages::publish_detail& x) {
    std::apply([this](auto&... each) { (this->fill(each), ...); }, members(x));
    x.servers.emplace_back("alpha"); // shares and messages name servers that are there
    for (auto& share : x.shares)
      share.server = static_cast<std::uint32_t>(share.server % x.servers.size());
    for (auto& message : x.messages)
      message.server = static_cast<std::uint32_t>(message.server % x.servers.size());
  }
  template <class Tag, std::size_t N>
  void fill(fixed_bytes<Tag, N>& x) {
    for (auto& b : x.data)
      b = static_cast<std::byte>(engine_());
  }
  template <class Tag, std::size_t N>
  void fill(secret_bytes<Tag, N>& x) {
    for (auto& b : x.data)
      b = static_cast<std::byte>(secret_byte);
  }
  template <class T>
  void fill(std::optional<T>& x) {
    x = below(2) == 1 ? std::optional(make<T>()) : std::nullopt;
  }
  template <class T>
  void fill(std::vector<T>& x) {
    x.resize(below(5));
    for (auto& e : x)
      fill(e);
  }
  template <class K, class V>
  void fill(std::map<K, V>& x) {
    for (auto n = below(5); n > 0; --n)
      x.emplace(make<K>(), make<V>());
  }
  void fill(grid::spread& x) {
    x.total = static_cast<std::uint8_t>(1 + below(255));
    x.needed = static_cast<std::uint8_t>(1 + below(x.total));
    x.happy = static_cast<std::uint8_t>(1 + below(x.total));
  }
  template <has_members T>
  void fill(T& x) {
    std::apply([this](auto&... each) { (this->fill(each), ...); }, members(x));
    if constexpr (requires { x.write_cap; })
      x.write_cap = secret_text;
    if constexpr (requires { x.cap; })
      x.cap = secret_text;
  }

private:
  std::mt19937_64 engine_;
};

template <class T>
bool same(T& a, T& b);

template <class T>
bool same_list(T& a, T& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) { return same(x, y); });
}

template <class K, class V>
bool same_entry(std::pair<const K, V>& a, std::pair<const K, V>& b) {
  return a.first == b.first && same(a.second, b.second);
}

template <class T>
bool same(T& a, T& b) {
  if constexpr (has_members<T>) {
    auto left = members(a);
    auto right = members(b);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (same(std::get<I>(left), std::get<I>(right)) && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(left)>>{});
  } else if constexpr (requires { typename T::mapped_type; }) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) { return same_entry(x, y); });
  } else if constexpr (requires { a.push_back(a.front()); }) {
    return same_list(a, b);
  } else if constexpr (requires { a.has_value(); }) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else {
    return a == b;
  }
}

} // namespace truckee::test
