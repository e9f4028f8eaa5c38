#pragma once

#include "truckee/gbs/client/client.hpp"
#include "truckee/gbs/client/connection.hpp"

#include <array>
#include <curl/curl.h>
#include <optional>

namespace truckee::gbs {

/// One request and what there is of its answer, as libcurl sees them. Lives in the client's thread.
class transfer {
public:
  using clock = std::chrono::steady_clock;
  transfer(request what, std::chrono::milliseconds silence_max, std::function<void(outcome)> done);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Makes it ready for curl_multi_add_handle; false: there is no memory, or the address is none. `sockets` outlives every connection.
  bool prepare(const line_options& to, socket_set& sockets);
  CURL* handle() const { return easy_; }

  /// Whether bytes have moved since it was asked last; a connection that is made does not count.
  bool has_moved();
  /// Whether nothing has moved for too long, where that is the connection's own limit before.
  bool is_silent(clock::time_point now) const;
  bool has_begun() const { return begun_; }
  std::chrono::milliseconds silence_max() const { return silence_max_; }
  clock::time_point since = clock::now(); ///< when something last moved, or when it was asked for

  /// How it ended, by libcurl or by the client.
  void finish(CURLcode how);
  void finish_silent();
  void finish_unsent(std::string why, bool timed_out);

private:
  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* self);
  static std::size_t on_write(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t on_open(void* sockets, curlsocktype purpose, curl_sockaddr* to);
  static int on_close(void* sockets, curl_socket_t which);
  static int on_begin(void* self, char* remote_host, char* local_host, int remote_port, int local_port);

  bool set_url(const line_options& to);
  bool set_headers();
  void set_options(const line_options& to);
  void set_body();
  void tell(outcome x);
  bool take_header(std::string_view line);

  request what_;
  std::chrono::milliseconds silence_max_;
  std::function<void(outcome)> done_;
  socket_set* sockets_ = nullptr;
  CURL* easy_ = nullptr;
  CURLU* url_ = nullptr;
  curl_slist* lines_ = nullptr;
  std::string pin_;
  std::array<char, CURL_ERROR_SIZE> words_{};

  bool begun_ = false;             ///< bytes of the request may have left
  std::size_t piece_ = 0, at_ = 0; ///< where in the body the next byte is
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::uint64_t moved_ = 0;
  bool received_ = false; ///< something since has_moved()

  response answer_;
  bytes body_;
  std::optional<server_id> certificate_;
  std::size_t header_bytes_ = 0, headers_ = 0;
  std::string broken_; ///< why the answer is not read on
};

} // namespace truckee::gbs
